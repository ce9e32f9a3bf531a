"""Sixty prompts whose length says the wrong thing: thirty short and hard, thirty long and easy.

They were written before the classifier and take no part in training it.
"""

SHORT_BUT_HARD = (
    "Prove that the square root of 7 is irrational.",
    "Prove there are infinitely many primes congruent to 3 mod 4.",
    "Show that every finite integral domain is a field.",
    "Is P = NP if integer factoring is in P? Justify.",
    "Derive the time complexity of quicksort with median-of-three pivots.",
    "Why does my mutex deadlock when the callback re-enters the lock, and how do I fix it without a recursive mutex?",
    "Find the race condition: `if (!map.containsKey(k)) map.put(k, load(k));`",
    "Write a lock-free single-producer single-consumer ring buffer in C++.",
    "Implement an LRU cache with O(1) operations and per-entry TTL in Rust.",
    "Refactor this recursion to be tail-recursive: `f = lambda n: n * f(n-1) if n else 1`",
    "Optimise: SELECT * FROM a JOIN b ON lower(a.x) = b.y WHERE b.z IN (SELECT z FROM c)",
    "Design a rate limiter that stays correct across three regions with clock skew.",
    "Plan a 5-day trip for 4 people with a $1,200 budget, no flights, one vegan, and a day of rain.",
    "Schedule 6 talks in 3 rooms so that no speaker overlaps and each room gets a break.",
    "If the French Revolution had failed, how would Prussian state-building have changed by 1848?",
    "Suppose gravity fell off with the cube of distance. Could planets have stable orbits?",
    "Alice says Bob lies. Bob says Carol lies. Carol says both lie. Who tells the truth?",
    "Three boxes are all mislabelled. Drawing one fruit, how do you label them all?",
    "A bat and a ball cost $1.10 together; the bat costs $1 more. Explain why intuition fails, then generalise.",
    "Compute the expected number of coin flips until HTH first appears.",
    "Evaluate the integral of x^2 e^{-x^2} over the whole real line.",
    "How many ways can 8 rooks be placed so that none attack and none is on the diagonal?",
    "Critique Rawls's difference principle from a libertarian and from a Marxist view.",
    "Compare Raft and Multi-Paxos under asymmetric network partitions.",
    "Which tax consequences follow if I sell my UK flat while resident in Spain and working for a US firm?",
    "Diagnose: fever, new heart murmur and splinter haemorrhages after a dental visit. What next, and why?",
    "Spot the flaw: all ravens are black, this shoe is not black, so it supports the theory.",
    "Translate this legal clause into logic and check it for contradictions: no tenant may sublet unless all agree.",
    "Write a regex that matches balanced parentheses up to depth three and explain its limits.",
    "Should we shard by tenant or by time, given 2 TB a day, 90-day retention and GDPR deletes? Weigh the trade-offs.",
)

_MEETING = (
    "Good morning all. We met on Tuesday in the large room on the second floor. Maria opened the meeting and thanked "
    "everybody for coming. Tom said that the kitchen will be painted next week and that the coffee machine has been "
    "repaired. Aisha told us about the summer party, which will be in the park by the river. The food will come from the "
    "same place as last year. Peter asked whether children may come, and Aisha said yes. We then talked about the new "
    "chairs. Most people like them. Some would like a softer seat. Maria will ask the shop. The next meeting is on the "
    "first Tuesday of the month. Please send your points to Tom before then. "
)
_LETTER = (
    "Dear Mrs Holloway, thank you very much for your letter and for the lovely photographs of the garden. The roses look "
    "beautiful this year. We had a good deal of rain in June, but since then it has been warm and dry. The children are "
    "back at school and like their new teachers. George has started to play the trumpet, and the neighbours are very "
    "patient. We hope to visit you in the autumn, perhaps in the second half of October, if that suits you. Please give "
    "our best wishes to your sister. We often think of the week that we spent together by the sea. With warm regards, "
    "Helen and George. "
)
_STORY = (
    "Once there was a small grey cat who lived above a bakery. Every morning the smell of bread came up through the "
    "floor and woke her. She stretched, jumped on the window sill, and looked at the street. The baker opened his door, "
    "the postman came by on his red bicycle, and the children walked to school. The cat knew them all. On Sundays it was "
    "quiet, and she slept until noon. One day a brown dog moved in across the street. They looked at each other for a "
    "long time. Then the dog lay down, the cat closed her eyes, and that was the beginning of a friendship. "
)
_REVIEW = (
    "I bought this kettle in March and have used it every day since. It boils quickly, it is not loud, and the handle "
    "stays cool. The lid opens wide, so it is easy to clean. The cable is a little short for our kitchen, but that is a "
    "small thing. The colour is nicer than in the pictures. My mother liked it so much that she bought the same one. "
    "Delivery took two days and the box was in good condition. I would buy it again and would recommend it to a friend. "
)
_HOTEL = (
    "The Seaview Hotel is at 12 Harbour Road in Whitby. It has forty rooms on three floors, and most of them look out "
    "over the water. Breakfast is served from seven to ten in the dining room. There is free parking behind the house. "
    "Dogs are welcome. Check-in is from three in the afternoon and check-out is until eleven. The telephone number is "
    "01947 555 010. The nearest station is ten minutes away on foot. There is a small shop next door that sells "
    "newspapers, milk and postcards. The hotel closes for two weeks in January. "
)
_LIST = "apples, pears, bread, butter, cheese, eggs, milk, rice, salt, pepper, tea, coffee, sugar, flour, honey, jam, "

LONG_BUT_EASY = (
    "What is the first word of the following text?\n\n" + _MEETING * 3,
    "Please forward this to the team as it is:\n\n" + _MEETING * 2,
    "Hello! I hope you are well. " + _LETTER * 2 + "Anyway, I just wanted to say hello. How are you?",
    "Thank you so much for your help yesterday. " + _LETTER + _REVIEW + "Thanks again and have a nice weekend!",
    "Translate to French:\n\n" + _STORY * 2,
    "Translate the following letter into German.\n\n" + _LETTER * 2,
    "Who painted the kitchen? Read this and tell me the name of the person who spoke about it.\n\n" + _MEETING * 2,
    "What is the phone number of the hotel in this text?\n\n" + _HOTEL * 3,
    "Fix the typos in this text:\n\n" + _REVIEW * 3,
    "Rewrite this in a friendlier tone:\n\n" + _HOTEL * 2,
    "Make this shorter:\n\n" + _STORY * 3,
    "Summarise this in one sentence:\n\n" + _LETTER * 3,
    "Give this story a title.\n\n" + _STORY * 3,
    "Is this review positive or negative?\n\n" + _REVIEW * 4,
    "In which language is the text below written?\n\n" + _STORY * 3,
    "List the names of the people in this text.\n\n" + _MEETING * 3,
    "Put this shopping list in alphabetical order: " + _LIST * 6,
    "How many times does the word milk occur here? " + _LIST * 8,
    "Write everything in capital letters:\n\n" + _REVIEW * 2,
    "When is breakfast?\n\n" + _HOTEL * 4,
    _HOTEL * 3 + "\n\nAre dogs allowed?",
    _STORY * 3 + "\n\nWhat colour is the bicycle?",
    _MEETING * 3 + "\n\nWhen is the next meeting?",
    _LETTER * 3 + "\n\nWrite a short thank-you reply.",
    _REVIEW * 3 + "\n\nPick the five most important words.",
    "Here is some background about me. " + _LETTER * 2 + "\nWhat is the capital of Portugal?",
    "I was telling my sister about my cat. " + _STORY * 2 + " So, what do cats eat?",
    "Please repeat the last sentence of this text.\n\n" + _HOTEL * 3,
    "Add commas where they are missing:\n\n" + _STORY * 2,
    "Turn this into bullet points.\n\n" + _MEETING * 2,
)

SIMPLE = (
    "What is the capital of France?",
    "Hi",
    "Hello, how are you?",
    "Thanks!",
    "Who wrote Hamlet?",
    "What's the weather like in spring in Rome?",
    "How do you spell necessary?",
    "What is 15% of 80?",
    "Define photosynthesis.",
    "Translate 'good morning' to Spanish.",
    "When did World War II end?",
    "What's the tallest mountain?",
    "Convert 10 miles to kilometres.",
    "Give me a synonym for happy.",
    "Is a tomato a fruit?",
)

COMPLEX = (
    (
        "Review this pull request for bugs and security problems:\n```python\ndef login(u, p):\n"
        "    row = db.execute(f\"select * from users where name='{u}' and pw='{p}'\").fetchone()\n"
        "    if row: session['u'] = u\n    return bool(row)\n```"
    ),
    "Prove by induction that the sum of the first n odd numbers is n^2, then generalise to sums of cubes and prove that too.",
    (
        "First parse the log, then group errors by service, then estimate which deploy caused the spike, and finally propose "
        "a rollback plan with its risks, step by step."
    ),
    (
        "Design a multi-tenant billing system: data model, idempotent webhooks, proration, failure handling and migration "
        "path. Compare two architectures and justify your choice."
    ),
    (
        "Debug this: my asyncio server leaks memory under load, only with TLS, only after reconnects. Explain step by step how "
        "you would isolate the cause.\n```python\nasync def handle(r, w):\n    tasks.append(asyncio.create_task(pump(r, w)))\n```"
    ),
)
