"""Each veto objects to what it is for, and to nothing that only sounds like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cache.domain.parsed import parse
from services.cache.domain.time_sensitive import is_time_sensitive
from services.cache.domain.verifier import judge
from services.cache.domain.vetoes import VETOES

OBJECTS = [
    ("numbers", "What is 15% of 80?", "What is 18% of 80?"),
    ("numbers", "List three uses of tin", "List 4 uses of tin"),
    ("numbers", "Who was the 2nd man on the moon?", "Who was the 3rd man on the moon?"),
    ("numbers", "Is $5 enough?", "Is $5k enough?"),
    ("units", "Convert 5 km to miles", "Convert 5 kg to miles"),
    ("units", "Is it safe to run at 6am?", "Is it safe to run at 6pm?"),
    ("units", "How hot is 30°C?", "How hot is 30°F?"),
    ("dates", "What happens on Monday?", "What happens on Friday?"),
    ("dates", "Weather in Rome in June", "Weather in Rome in July"),
    ("dates", "Is Rome nice in May?", "Is Rome nice in March?"),
    ("amounts", "Name a bone of the hand", "Name the bones of the hand"),
    ("amounts", "Give an example of a tax", "Give examples of taxes"),
    ("literals", "What does os.path.join do?", "What does os.path.split do?"),
    ("literals", "Why is my_var undefined?", "Why is my_val undefined?"),
    ("literals", "What is new in v1.2.0?", "What is new in v1.3.0?"),
    ("literals", "What does `a == b` mean?", "What does `a = b` mean?"),
    ("literals", "How fast is gpt-4o?", "How fast is gpt-4?"),
    ("literals", "What does getUser() return?", "What does getUsers() return?"),
    ("names", "Is Rachel Lee an inventor?", "Is Rachel Wood an inventor?"),
    ("names", "How big is Peru?", "How big is Chile?"),
    ("names", "Who owns the BBC?", "Who owns the CNN?"),
    ("negation", "What should I worry about?", "What shouldn't I worry about?"),
    ("negation", "Can I eat it with milk?", "Can I never eat it with milk?"),
    ("opposites", "How do I increase the volume?", "How do I decrease the volume?"),
    ("opposites", "Is it legal to fish here?", "Is it illegal to fish here?"),
    ("opposites", "How do I install git?", "How do I uninstall git?"),
    ("opposites", "What is the sum of the rows?", "What is the mean of the rows?"),
    ("opposites", "What turns it on?", "What turns it off?"),
    ("qualifiers", "Which bird flies?", "Which bird only flies?"),
    ("qualifiers", "Should I eat before running?", "Should I eat after running?"),
    ("qualifiers", "Is Ann a nurse?", "Is Ann becoming a nurse?"),
    ("qualifiers", "Did Ann live here?", "Did Ann used to live here?"),
    ("qualifiers", "What is the third planet?", "What is the fourth planet?"),
    ("qualifiers", "Is it good to fast?", "Is it too good to fast?"),
    ("qualifiers", "Can I swim if it rains?", "Can I swim even if it rains?"),
    ("qualifiers", "What can I drink?", "What else can I drink?"),
    ("opposites", "Is there much salt in it?", "Is there little salt in it?"),
    ("direction", "Is there a path through the wood?", "Is there a path beyond the wood?"),
    ("qualifiers", "Is there enough air?", "Is there air?"),
    ("qualifiers", "Did she cry because he left?", "Did she cry although he left?"),
    ("adverbs", "Do owls sleep?", "Do owls rarely sleep?"),
    ("adverbs", "Do owls hunt together?", "Do owls hunt alone?"),
    ("adverbs", "Is tin easily bent?", "Is tin bent?"),
    ("degree", "Which tall tower is in Rome?", "Which tallest tower is in Rome?"),
    ("connectives", "Is Ann a nurse or a cook?", "Is Ann a nurse and a cook?"),
    ("order", "Does David follow Ryan?", "Does Ryan follow David?"),
    ("order", "Does David follow Ryan?", "Is David followed by Ryan?"),
    ("order", "Convert euros to dollars", "Convert dollars to euros"),
    ("order", "Who follows David?", "Who does David follow?"),
    ("order", "Are dogs louder than cats?", "Are cats louder than dogs?"),
    ("order", "Was the bill sent by the bank?", "Was the bank sent the bill?"),
    ("order", "Is Ann hunting Bob?", "Is Bob hunting Ann?"),
    ("order", "red cars and blue trucks", "blue cars and red trucks"),
    ("direction", "cheap flights to Rome", "cheap flights from Rome"),
    ("direction", "arguments for a tax", "arguments against a tax"),
    ("direction", "coffee with sugar", "coffee without sugar"),
    ("direction", "a walk in the park", "a walk near the park"),
    ("direction", "a letter about Rome", "a letter from Rome"),
    ("question_kind", "When was the tower built?", "Where was the tower built?"),
    ("question_kind", "How many dogs does Ann have?", "How does Ann have dogs?"),
    ("question_kind", "Is tin heavy?", "Why is tin heavy?"),
    ("tenses", "Who is the mayor of Rome?", "Who was the mayor of Rome?"),
    ("tenses", "Who is the mayor of Rome?", "Who will be the mayor of Rome?"),
    ("tenses", "Who owns the tower?", "Who owned the tower?"),
    ("tenses", "Who writes the report?", "Who wrote the report?"),
    ("modality", "Is it possible to drink wine?", "Should I drink wine?"),
    ("modality", "Can I drink wine?", "Should I drink wine?"),
    ("persons", "Do you think he would reject her?", "Do you think she would reject him?"),
    ("persons", "What is my name?", "What is your name?"),
    ("persons", "Who am I?", "Who are you?"),
    ("persons", "Do they owe us a boat?", "Do we owe them a boat?"),
    ("persons", "Is our dog fond of their cat?", "Is their dog fond of our cat?"),
    ("direction", "Move data into MongoDB", "Move data out of MongoDB"),
    ("direction", "Count from 5 to 8", "Count from 8 to 5"),
    ("modality", "What would happen to tin?", "What should happen to tin?"),
    ("tenses", "Is the shop closing?", "Is the shop closed?"),
    ("persons", "Can you lend me a boat?", "Can I lend you a boat?"),
    ("languages", "Sort a list in python", "Sort a list in java"),
    ("languages", "Translate it to german", "Translate it to french"),
    ("formats", "Give the planets as json", "Give the planets as yaml"),
    ("formats", "Write a poem about rain", "Write an essay about rain"),
    ("tasks", "Summarize this text: rain fell.", "Translate this text: rain fell."),
    ("connectives", "Select a and b, then c", "Select a or b, then c"),
    ("exchanged", "How do I configure inbound traffic rules?", "How do I configure outbound traffic rules?"),
    ("exchanged", "Is this format lossy?", "Is this format lossless?"),
    ("exchanged", "What is the usual dose of prednisone?", "What is the usual dose of prednisolone?"),
    ("exchanged", "How do I treat hypothermia?", "How do I treat hyperthermia?"),
    ("exchanged", "How do I clean glass?", "How do I clean glasses?"),
    ("added", "Who is the president of Kenya?", "Who is the vice president of Kenya?"),
    ("added", "How do I include a file?", "How do I exclude a file?"),
    ("added", "Is there sugar in bread?", "Is there sugar in gluten-free bread?"),
    ("quoted", 'How do you say "hello" in Thai?', 'How do you say "goodbye" in Thai?'),
    ("shouted", "What is IT?", "What is it?"),
    ("cased", "What does the -v flag of curl do?", "What does the -V flag of curl do?"),
    ("direction", "How do I talk to a therapist?", "How do I talk as a therapist?"),
    ("cased", "Is polish hard to learn?", "Is Polish hard to learn?"),
    ("cased", "how many calories are in turkey", "How many calories are in Turkey?"),
    ("cased", "Which aids are there for deaf people?", "Which AIDS are there for deaf people?"),
    ("cased", "How strong is a mW laser?", "How strong is a MW laser?"),
    ("cased", "How many MB are in a GB?", "How many Mb are in a Gb?"),
    ("cased", "What does yyyy-mm-dd mean?", "What does yyyy-MM-dd mean?"),
    ("cased", "What is vitamin k?", "What is vitamin K?"),
    ("cased", "What does set do in Kotlin?", "What does Set do in Kotlin?"),
    ("literals", "What does a*b mean?", "What does a**b mean?"),
    ("literals", "What is the command :q?", "What is the command :q!?"),
    ("quoted", 'What does "let us eat grandma" mean?', 'What does "let us eat, grandma" mean?'),
    ("literals", "What is vitamin a?", "What is a vitamin?"),
    ("literals", "What does ls -a do?", "What does ls do?"),
    ("literals", "What is .NET?", "What is net?"),
    ("literals", "What does f(x) mean?", "What does f[x] mean?"),
    ("added", "How do I stop a process?", "How do I stop?"),
    ("added", "What is a blood type?", "What is blood?"),
    ("exchanged", "How do I pick a lock?", "How do I choose a lock?"),
    ("exchanged", "What is a smart pointer?", "What is an intelligent pointer?"),
    ("exchanged", "What rhymes with car?", "What rhymes with automobile?"),
    ("exchanged", "How is sofa spelled?", "How is couch spelled?"),
    ("exchanged", "What is the difference between fast and quick?", "What is the difference between fast and rapid?"),
    ("added", "How do I get somebody to pay?", "How do I pay somebody?"),
    ("persons", "What should I do if someone chokes?", "What should someone do if I choke?"),
    ("persons", "How do I ask you for a refund?", "How do you ask for a refund?"),
    ("persons", "How do we file a claim?", "How do they file a claim?"),
    ("persons", "What happens if you crash?", "What happens if I crash?"),
    ("persons", "What can you cook?", "What can one cook?"),
    ("direction", "How do I study for an exam?", "How do I study an exam?"),
    ("direction", "How do I search a file?", "How do I search for a file?"),
    ("exchanged", "What is paint?", "What is a painter?"),
    ("spelled", "How do I draw a plan?", "How do I draw a plane?"),
    ("spelled", "Is it human to cry?", "Is it humane to cry?"),
    ("spelled", "Is the dog hopping?", "Is the dog hoping?"),
    ("accents", "Does a résumé need a photograph?", "Does a resume need a photograph?"),
    ("numbers", "What does section 6a say?", "What does section 6 say?"),
    ("literals", "What does section 6a say?", "What does section 6b say?"),
    ("literals", "What does section 6 a. say?", "What does section 6 say?"),
    ("order", "Which companies use Kafka?", "Which companies are used by Kafka?"),
    ("order", "What does the compiler use?", "What uses the compiler?"),
    ("order", "Is it possible to have a job and not be tired?", "Is it possible to not have a job and be tired?"),
    ("direction", "Should the fan blow air up?", "Should the fan blow air down?"),
    ("direction", "What is tin like?", "What is tin?"),
    ("tenses", "What did she wear when she won?", "What did she wear when she wins?"),
    ("tenses", "Is there a virus?", "Has there been a virus?"),
    ("grammar", "Tür öffnen", "Tür schließen"),
    ("grammar", "Fungua mlango", "Funga mlango"),
    ("grammar", "How do I 打开 it?", "How do I 关闭 it?"),
    ("grammar", "Wie heißen Sie?", "Wie heißen sie?"),
    ("grammar", "Soll ich vor dem Essen laufen?", "Soll ich nach dem Essen laufen?"),
    ("grammar", "Quelle est la plus haute tour du monde ?", "Quelle est la plus vieille tour du monde ?"),
    (
        "details",
        "Plan a dinner party for guests who love cheese, olives, bread, grapes, figs, honey, walnuts, pears and mustard",
        "Plan a dinner party for guests who love cheese, olives, bread, grapes, figs, honey, almonds, pears and mustard",
    ),
]

SILENT = [
    ("numbers", "Is 1,000 more than 999?", "is 1000 more than 999"),
    ("numbers", "three ways", "3 ways"),
    ("units", "how long is 5km", "How long is 5 kilometers?"),
    ("amounts", "What is a good book on tin?", "What are good books on tin?"),
    ("amounts", "Name the bones of a hand", "Name the bones of the hand"),
    ("dates", "May I ask how it may rain?", "Can I ask how it could rain?"),
    ("literals", "How fast is GPT-4o?", "how fast is gpt-4o"),
    ("names", "How big is Peru?", "how big is peru"),
    ("names", "Does Ann's dog bite?", "Does the dog of Ann bite?"),
    ("names", "HOW BIG IS PERU", "how big is peru"),
    ("names", "Who rules the UK?", "Who rules the United Kingdom?"),
    ("negation", "Why can't owls swim?", "Why are owls unable to swim?"),
    ("negation", "Why can't I sleep?", "Why can I not sleep?"),
    ("opposites", "good and bad news", "bad and good news"),
    ("qualifiers", "What is tin used for?", "What is the use of tin?"),
    ("qualifiers", "How does a lock work?", "How exactly does a lock work?"),
    ("qualifiers", "Can dogs swim?", "Can dogs swim too?"),
    ("adverbs", "Can dogs really swim?", "Can dogs swim?"),
    ("connectives", "Is Ann a nurse or a cook?", "Is Ann a cook or a nurse?"),
    ("order", "Is Ann dating Bob?", "Is Bob dating Ann?"),
    ("order", "Is Ann Wood a Danish clerk?", "Is Ann Wood a clerk and Danish?"),
    ("qualifiers", "Did Ann keep the secret?", "Was the secret kept by Ann?"),
    ("order", "Is Ann related to Bob?", "Is Bob related to Ann?"),
    ("order", "Are Ann and Bob friends?", "Are Bob and Ann friends?"),
    ("order", "When was the tower built?", "When did they build the tower?"),
    ("order", "Why doesn't my lamp work?", "Why is my lamp not working?"),
    ("order", "How do I make pizza dough?", "How do I make dough for pizza?"),
    ("order", "Is Ann a nurse or a cook?", "Is Ann a cook or a nurse?"),
    ("order", "Does Ashley trust Elizabeth?", "Is Elizabeth trusted by Ashley?"),
    ("order", "Who do men think is the best cook?", "Who is the best cook according to men?"),
    ("order", "In Java, how do I sort a list?", "How do I sort a list in Java?"),
    ("order", "What is Peru's largest river?", "the largest river of Peru"),
    ("question_kind", "Which river is longest?", "What river is longest?"),
    ("question_kind", "Who is the mayor of Rome?", "mayor of Rome"),
    ("tenses", "What is tin?", "tin"),
    ("tenses", "Who built the tower?", "Who was the builder of the tower?"),
    ("modality", "Can dogs swim?", "Are dogs able to swim?"),
    ("direction", "a list in the book", "a list on the book"),
    ("modality", "How can I sleep better?", "How should I sleep better?"),
    ("persons", "How do I sort a list?", "How do you sort a list?"),
    ("persons", "Can I swim in Rome?", "Can you swim in Rome?"),
    ("persons", "When was it built?", "When did they build it?"),
    ("persons", "Who rules the US?", "Who rules the United States?"),
    ("names", "Who rules the US?", "Who rules the United States?"),
    ("order", "Is it safe to eat raw eggs?", "Is eating raw eggs safe?"),
    ("order", "How do I mend a merge conflict in git?", "How do I mend a git merge conflict?"),
    ("order", "boiling point of tin", "tin boiling point"),
    ("order", "Is there a way to eat boiled eggs?", "How can I eat boiled eggs?"),
    ("question_kind", "Is there a way to swim?", "How can I swim?"),
    ("question_kind", "What is the reason for rain?", "Why is there rain?"),
    ("modality", "I wonder how I can swim", "How do I swim?"),
    ("modality", "What should I not say?", "What shouldn't I say?"),
    ("persons", "How do I tie my shoes?", "How do I tie shoes?"),
    ("direction", "the best book to learn chess", "the best book for learning chess"),
    ("qualifiers", "What does arson mean?", "What is the meaning of arson?"),
    ("persons", "Give me a recipe for soup", "Give a recipe for soup"),
    ("formats", "How long does it take to knit?", "How much time does it take to knit?"),
    ("grammar", "Wie hoch ist der Turm?", "wie hoch ist der Turm"),
    ("grammar", "如何打开防火墙？", " 如何打开防火墙"),
    ("grammar", "Is iron heavy?", "Is gold heavy?"),
    ("grammar", "What's the capital of Peru?", "capital of peru"),
    ("exchanged", "What is the quickest way to Rome?", "What is the fastest way to Rome?"),
    ("exchanged", "How do I buy a car?", "How do I purchase an automobile?"),
    ("exchanged", "How long is 5km?", "How long are 5 kilometers?"),
    ("exchanged", "Who uses Kafka?", "Who is Kafka used by?"),
    ("added", "What is the capital of Peru?", "What is the capital city of Peru?"),
    ("added", "Is that cat asleep?", "Is that cat in fact asleep?"),
    ("quoted", 'What does "arson" mean?', "What is the meaning of arson?"),
    ("shouted", "Who rules the US?", "Who rules the United States?"),
    ("shouted", "HOW TALL IS IT", "how tall is it"),
    ("cased", "how do I parse json in Python?", "How do I parse JSON in Python?"),
    ("cased", "What is LINUX?", "What is Linux?"),
    ("cased", "what is the best iphone", "What is the best iPhone?"),
    ("cased", "How To Install Docker On Ubuntu", "How to install Docker on Ubuntu?"),
    ("cased", "What is Machine Learning?", "What is machine learning?"),
    ("cased", "What is a list in python?", "What is a list in Python?"),
    ("quoted", 'What does "bon voyage" mean?', 'what does "Bon voyage!" mean'),
    ("exchanged", "Who was the inventor of the telephone?", "Who invented the telephone?"),
    ("added", "How does the process of erosion work?", "How does erosion work?"),
    ("literals", "Is tea (green) healthy?", "Is tea green healthy?"),
    ("spelled", "How do I bake a cake?", "How can I bake cakes?"),
    ("spelled", "Is it safe to make candles?", "Is making candles safe?"),
    ("spelled", "Who colours the maps?", "Who colors the map?"),
    ("accents", "Where is Malmö?", "where is malmö"),
    ("order", "Is Kafka used by Ann?", "Does Ann use Kafka?"),
    ("order", "If it rains, can I swim?", "Can I swim if it rains?"),
    ("order", "How do I become an expert in number theory?", "How do I become a number theory expert?"),
    ("order", "How do I recieve a parcel?", "How do I receive a parcel?"),
    ("qualifiers", "How do I know if it is safe?", "How can I tell whether it is safe?"),
    ("quoted", '0 "a"', '0 "a"'),
    ("persons", "What happens if I miss a payment?", "What happens if one misses a payment?"),
    ("order", "How do I locally undo a commit?", "How do I undo a commit locally?"),
    ("order", "Can I take iron and zinc together?", "Can I take zinc and iron together?"),
    ("order", "Why is it rude to stare?", "Why is staring rude?"),
    ("exchanged", "Why is it strange to sneeze?", "Why is it weird to sneeze?"),
    ("exchanged", "Who organises the fair?", "Who organizes the fair?"),
    ("details", "Is that rat sleeping?", "Is that rat truly sleeping?"),
]


@pytest.mark.parametrize(("veto", "one", "other"), OBJECTS)
def test_objects(veto: str, one: str, other: str) -> None:
    assert VETOES[veto](parse(one), parse(other))
    assert VETOES[veto](parse(other), parse(one))
    assert judge(one, other).vetoes


@pytest.mark.parametrize(("veto", "one", "other"), SILENT)
def test_is_silent(veto: str, one: str, other: str) -> None:
    assert not VETOES[veto](parse(one), parse(other))
    assert not VETOES[veto](parse(other), parse(one))


def test_every_veto_is_tested() -> None:
    assert {veto for veto, _, _ in OBJECTS} == set(VETOES)


@pytest.mark.parametrize(
    "text", ["A$AAAS", "a cats", "Buy a cats and two cat", "one sheeps", "a data and several datum"]
)
def test_nothing_objects_to_an_amount_that_is_said_oddly_twice(text: str) -> None:
    assert judge(text, text).vetoes == ()


@given(st.text(max_size=120))
def test_nothing_objects_to_the_very_same_text(text: str) -> None:
    assert judge(text, text).vetoes == ()


@given(st.text(max_size=80), st.text(max_size=80))
def test_vetoes_are_symmetric_and_never_raise(one: str, other: str) -> None:
    assert judge(one, other) == judge(other, one)


def test_the_weight_follows_what_the_words_say() -> None:
    """Phrasing counts less than it takes off; in longer questions another word counts more."""
    same = judge("Does Ann trust Bob?", "Is Bob trusted by Ann?")
    short = judge("How does erosion work?", "How does the process of erosion work?")
    longer = judge("Is that old brown leather shoe torn?", "Is that old brown leather shoe in fact torn?")
    assert same.weight < short.weight == 1.0 < longer.weight
    assert same.similarity(1.0) == longer.similarity(1.0) == 1.0
    assert same.similarity(0.9) > short.similarity(0.9) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("query", "serves"),
    [
        ("What is tin?", True),
        ("What's the weather in Rome?", False),
        ("Who won today?", False),
        ("What is the latest release of git?", False),
        ("Where is my order?", False),
        ("Where is my last order?", False),
        ("Can I feed my cat rice?", False),
        ("Can I feed a cat rice?", True),
        ("What did I ask before?", False),
        ("Have I paid the fee?", False),
        ("What do I own?", False),
        ("What is in these files?", False),
        ("What do you see here?", False),
        ("Who gave me the book?", False),
        ("What did our team decide?", False),
        ("What was the last question?", False),
        ("How long does a battery last?", True),
        ("How do I know if I am in love?", True),
        ("How do I sort a list?", True),
        ("Should I learn chess?", True),
        ("Give me a recipe for soup", True),
        ("Can you explain recursion to me?", True),
        ("How do I order a pizza?", True),
        ("How can I earn interest on savings?", True),
        ("How much do I earn?", False),
        ("What did I earn?", False),
        ("Is that turtle currently sleeping?", True),
    ],
)
def test_passing_questions_serve_exact_repeats_only(query: str, serves: bool) -> None:
    assert is_time_sensitive(query) is not serves
