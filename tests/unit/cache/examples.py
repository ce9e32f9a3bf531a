"""What the default threshold must do with possessive questions: (stored, asked) pairs.

The first two tables are the documented examples; the others are their forms with other words, written down before the
normaliser and the vetoes were.
"""

DOCUMENTED_HITS = [
    ("What's the capital of France?", "capital of france?"),
    ("What's the capital of France?", "What is France's capital city?"),
]

DOCUMENTED_MISSES = [("What's the capital of France?", "What's the capital of Germany?")]

PARAPHRASES = [
    ("What's the population of Canada?", "population of canada?"),
    ("What's the population of Canada?", "What is Canada's population?"),
    ("What's the currency of Japan?", "What is Japan's currency?"),
    ("What is the official language of Brazil?", "Brazil's official language?"),
    ("Who is the author of Hamlet?", "Who is Hamlet's author?"),
    ("What's the boiling point of mercury?", "what is mercury's boiling point"),
    ("What is the atomic number of carbon?", "Can you tell me carbon's atomic number?"),
    ("Who is the CEO of Microsoft?", "who's Microsoft's CEO?"),
    ("What's the largest island of Greece?", "What is Greece's largest island?"),
    ("What is the height of the Eiffel Tower?", "the Eiffel Tower's height?"),
    ("What's the diameter of Jupiter?", "Please tell me Jupiter's diameter."),
    ("What is the national anthem of Norway?", "national anthem of norway"),
    ("What's the highest mountain of Africa?", "Africa's highest mountain?"),
    ("What is the life cycle of a butterfly?", "What is a butterfly's life cycle?"),
    ("What is the lifespan of the blue whale?", "What's the blue whale's lifespan?"),
    ("What's the chemical formula of water?", "Could you please tell me water's chemical formula?"),
    ("Who is the president of Kenya?", "Kenya's president?"),
    ("What's the main export of Chile?", "What is the main export of Chile"),
    ("What's the time zone of Iceland?", "Do you know what Iceland's time zone is?"),
    ("What is the plot of Moby Dick?", "what's Moby Dick's plot?"),
]

NEAR_MISSES = [
    ("What's the population of Canada?", "What is Mexico's population?"),
    ("What's the population of Canada?", "What is Canada's population density?"),
    ("What's the currency of Japan?", "What was Japan's currency?"),
    ("What is the official language of Brazil?", "Brazil's unofficial language?"),
    ("Who is the author of Hamlet?", "Who is Macbeth's author?"),
    ("What's the boiling point of mercury?", "what is mercury's melting point"),
    ("What is the atomic number of carbon?", "What is carbon's atomic mass?"),
    ("Who is the CEO of Microsoft?", "who was Microsoft's first CEO?"),
    ("What's the largest island of Greece?", "What is Greece's smallest island?"),
    ("What is the height of the Eiffel Tower?", "What is the Eiffel Tower's height in feet?"),
    ("What's the diameter of Jupiter?", "What is Jupiter's radius?"),
    ("What is the national anthem of Norway?", "What is Norway's national animal?"),
    ("What's the highest mountain of Africa?", "Africa's second highest mountain?"),
    ("What is the life cycle of a butterfly?", "Why is a butterfly's life cycle important?"),
    ("What is the lifespan of the blue whale?", "What's the grey whale's lifespan?"),
    ("What's the chemical formula of water?", "What isn't water's chemical formula?"),
    ("Who is the president of Kenya?", "Who is the president of Kenya's wife?"),
    ("What's the main export of Chile?", "What is Chile's main import?"),
    ("What's the teacher of the student's name?", "What's the student of the teacher's name?"),
    ("Who is the mother of Alexander?", "Who is Alexander the mother of?"),
]
