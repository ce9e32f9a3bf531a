"""Prompts whose length says the wrong thing: thirty short and hard ones, thirty long and easy ones, and later additions.

The first sixty were written before the first classifier, the others before the second; none takes part in training.
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
    "back at school and like their new teachers. George has started to play the trumpet, and the neighbors are very "
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

# Written for the second router, and tried once before anything was changed: 3 of the 50 were `simple`.
ALSO_SHORT_BUT_HARD = (
    "Is every continuous bijection from a compact space to a Hausdorff space open?",
    "Does every bounded entire function have to be constant?",
    "What is the Galois group of x^5 - 2 over Q?",
    "Which of two random walks returns more often, and why?",
    "Who wins Nim with piles of 3, 5 and 7 if I move first?",
    "What is the chromatic number of the Petersen graph?",
    "How many trailing zeros has 1000 factorial?",
    "Is the halting problem decidable for programs without loops?",
    "What remains if you divide 2^100 by 7?",
    "When do two clock hands overlap after three o'clock?",
    "Write a quine in Python without reading the source file.",
    "Make this O(n): for i in a: for j in a: if i + j == k: return True",
    "Is x = x++ undefined in C17?",
    "Can a goroutine leak if nobody closes the channel?",
    "Tell me why `0.1 + 0.2 != 0.3` matters for invoices and what to store instead.",
    "My Kubernetes pod restarts every 70 seconds with exit code 137. Find out what it could be.",
    "Turn this callback pyramid into async code that cancels cleanly.",
    "How should a bank store balances so that two transfers never lose money?",
    "Give me a zero-downtime plan for renaming a column that five services read.",
    "What breaks if I replace our UUIDv4 keys by UUIDv7?",
    "Negotiate: I am offered 80k, want 95k, and have no other offer. Draft my reply and my fallback.",
    "Which contract term lets the landlord evict me here: 'at will, subject to section 4 unless waived'?",
    "May an employer in Germany read private mail on a work laptop after a resignation?",
    "A 6-year-old has a barking cough and stridor at rest. What do I do first, and what must I not do?",
    "Warfarin and St John's wort: what happens to the INR and by when?",
    "Can a Bayesian agree to disagree?",
    "Is it wrong to save five by pushing one, and does consent change it?",
    "Steelman the case against democracy, then answer it.",
    "What would Kant say about white lies to a murderer?",
    "You have 12 balls, one odd in weight, three weighings. Go.",
    "Two ropes burn unevenly in an hour each. Measure 45 minutes.",
    "One guard lies, one tells the truth, two doors. One question.",
    "Ann is twice as old as Bob was when Ann was as old as Bob is now. Bob is 24. How old is Ann?",
    "A snail climbs 3 m by day and slips 2 m by night in a 10 m well. Which day is it out?",
    "If all bloops are razzies and some razzies are lazzies, are some bloops lazzies?",
    "What is the probability that two of 23 people share a birthday, and for which n does it pass 99%?",
    "Which is larger, e^pi or pi^e? No calculator.",
    "Sum 1/(n(n+1)) for n from 1 to infinity.",
    "Minimise x + 1/x for x > 0 without calculus.",
    "Find all functions f with f(x+y) = f(x) + f(y) that are bounded near zero.",
    "Estimate how many piano tuners work in Chicago, with your assumptions.",
    "What would a 2% rise in rates do to a 30-year bond, a bank and a start-up?",
    "Price a call on a stock at 100, strike 105, a year out, 20% volatility, no interest.",
    "Why did the Bronze Age states collapse together while Egypt survived?",
    "How would Europe look if Constantinople had held out in 1453?",
    "Rewrite this SQL so that it uses the index: SELECT * FROM t WHERE date(created) = '2024-01-01'",
    "Convert this NFA to a minimal DFA: states a, b, c; a-0->a, a-0->b, b-1->c.",
    "Balance: KMnO4 + HCl -> KCl + MnCl2 + H2O + Cl2",
    "Which product forms when 2-bromobutane meets potassium tert-butoxide, and why not the other one?",
    "Translate this haiku so that it keeps 5-7-5, the pun and the season word: furuike ya kawazu tobikomu mizu no oto",
    # Written after that, and tried once: 4 of the 25 were.
    "Does the harmonic series over primes converge?",
    "What is the smallest graph that is not planar, and why?",
    "How many squares are on a chessboard?",
    "Are there irrational a and b with a^b rational?",
    "Who is lying if everyone says exactly one of us tells the truth?",
    "Which door should I switch to after Monty opens one?",
    "What happens to a helium balloon in a braking car?",
    "Where does the missing dollar go in the hotel riddle?",
    "Is it cheaper to lease or to buy at 5% over four years with 20k miles a year?",
    "Explain why TCP needs three messages to open but four to close.",
    "What does this print: print([f() for f in [lambda: i for i in range(3)]])",
    "Can two threads both see the flag unset here?",
    "Make my Dockerfile smaller: FROM ubuntu, apt install everything, COPY . .",
    "Which index helps WHERE a = 1 AND b > 2 ORDER BY c?",
    "Name a sorting algorithm that is stable, in place and O(n log n), or say why none is.",
    "Write a limerick whose first letters spell PRIME.",
    "Give three sentences in which every word is one letter longer than the one before.",
    "Which side should win: freedom of speech or the dignity of the insulted?",
    "What did Gödel show about Hilbert's programme?",
    "Does aspirin help or harm in dengue?",
    "When may a trustee buy trust property?",
    "How would you hedge a payroll in yen?",
    "Define justice so that it covers both Rawls and Nozick.",
    "Recommend a database for 3 writes a day and 5 million reads a second.",
    "Is the set of all sets that do not contain themselves a member of itself?",
)

ALSO_SIMPLE = (
    "Who was the first person on the moon?",
    "What's the plural of mouse?",
    "How do you say thank you in Italian?",
    "What colour is the sky on Mars?",
    "Good evening! How's it going?",
    "thx, that's all for today",
    "When is Mother's Day in the UK?",
    "Name three fruits that start with P.",
    "What does ASAP mean?",
    "How many days are in a leap year?",
    "Is Pluto a planet?",
    "Where is Machu Picchu?",
    "Give me a fun fact about otters.",
    "Spell 'rhythm'.",
    "Translate 'see you tomorrow' into German.",
    "Shorten this: I am writing to let you know that I will not be able to come to the meeting tomorrow.",
    "Write a birthday wish for my aunt.",
    "Is this positive or negative: 'the food was cold but the staff were lovely'?",
    "What is 7 times 8?",
    "Who sings Bohemian Rhapsody?",
    "What time is it in Tokyo when it is noon in London?",
    "Capital of Australia?",
    "Make this more polite: send me the file now",
    "Which language do people speak in Brazil?",
    "Fix the grammar: he don't like apples",
    "What's the capital of Kenya?",
    "Who discovered penicillin?",
    "hey, good morning",
    "How do I boil an egg?",
    "What is the opposite of brave?",
    "Translate 'where is the station' into French.",
    "When was the Eiffel Tower built?",
    "Tell me a riddle.",
    "Is Iceland in Europe?",
    "What does 'carpe diem' mean?",
    "List five colours.",
    "Proofread: Their going to the park tomorow.",
    "Bye, see you next week!",
    "Convert 5 km to miles.",
    "Which planet is the largest?",
)
