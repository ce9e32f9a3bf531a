"""Words that may take each other's place without another answer, and words that may be left out. Data only.

Any other exchange, and any other addition, asks something else until somebody has shown that it does not: vectors cannot tell
"inbound" from "outbound", nor a president from a vice president.
"""

from functools import lru_cache

from services.cache.domain.stem import stem
from services.cache.domain.topics import MONTHS, TASKS, UNITS, WEEKDAYS
from services.cache.domain.words import groups, word_set

_GROUPS = groups("""
quick fast rapid
quickest fastest
quicker faster
buy purchase
way method
advantage benefit
afraid scared frightened
smart intelligent clever
brave courageous
outspoken vocal
happy joyful
humble modest
grateful thankful
sick ill
big large
bigger larger
biggest largest
huge enormous gigantic
couch sofa
car automobile
kid child
mom mum mother
dad father
infant baby
physician doctor
attorney lawyer
adviser advisor
television tv
refrigerator fridge
airplane aeroplane
math maths mathematics mathematical
percent percentage
protect protection
determine find
instinct instinctive
visit travel
define definition
need require
choose select
finish complete
repair mend
permit allow
assist help
speak talk
trip journey
reduce decrease
characteristic trait
trash garbage rubbish
vacation holiday
rich wealthy
teenager teen
difference differ
relation relationship
website site
occupation profession
location place
author writer
use using utilise utilised utilize utilized usage
identical same
stomach belly
rabbit bunny
think believe according
bicycle bike
strange weird bizarre
improve enhance
modify alter
acquire obtain
disadvantage drawback downside
importance significance
disease illness
happen occur
build construct
reply respond
forbid prohibit
achieve accomplish
beautiful gorgeous
funny amusing
annoying irritating
delicious tasty yummy
dumb stupid
dangerous hazardous
toxic poisonous
cheap inexpensive
costly expensive
entire whole
urinate pee
vomit puke
sweat perspire
motorcycle motorbike
truck lorry
gasoline petrol
diaper nappy
eggplant aubergine
zucchini courgette
exam examination
laboratory lab
influenza flu
telephone phone
dormitory dorm
rhinoceros rhino
hippopotamus hippo
chimpanzee chimp
advertisement advert
statistics stats
grandmother grandma
grandfather grandpa
amount quantity
aluminium aluminum
sulfur sulphur
gray grey
fiber fibre
theater theatre
catalog catalogue
dialog dialogue
program programme
defense defence
pyjamas pajamas
""")
# Groups whose words are forms of one word.
_FORMS = word_set(
    """use using utilise utilised utilized usage define definition difference differ protect protection instinct instinctive
    think believe according math maths mathematics mathematical percent percentage relation relationship"""
)
# What asks about a word itself: there a synonym is another word.
MENTIONS = word_set(
    """spell spelled spelt spelling pronounce pronounced pronunciation rhyme rhymes synonym synonyms antonym antonyms plural singular
    etymology word words letter letters syllable syllables mean means meaning definition define called say
    difference differences differ different translate translation abbreviation acronym prefix suffix noun verb adjective adverb"""
)
# Closed lists that have vetoes of their own: within one of their groups a word is only spelled otherwise.
_CLOSED = (
    UNITS,
    WEEKDAYS,
    TASKS,
    {word: name for word, name in MONTHS.items() if word not in {"may", "march"}},
)
# Words that stand for others, by stem; a closed list's words are only spelled otherwise.
INTERCHANGED = frozenset(stem(word) for word in _GROUPS) - frozenset(map(stem, _FORMS))
_SENSES = {stem(word): stem(first) for listed in (*_CLOSED, _GROUPS) for word, first in listed.items()}
# Says nothing that the rest does not: "is considered a planet", "perform a reset".
HOLLOW = frozenset(map(stem, word_set("get give perform consider like become")))
# Says nothing before the word behind it: "the process of erosion", "the way to Rome".
LEADING = {
    "process": "of",
    "concept": "of",
    "kind": "of",
    "kinds": "of",
    "type": "of",
    "types": "of",
    "way": "to",
    "ways": "to",
}
# A word that says nothing behind one of these: the capital is a city, and books are to be read.
IMPLIED = {
    stem(word): frozenset(map(stem, word_set(before)))
    for word, before in {
        "city": "capital",
        "programming": "python java javascript rust ruby php swift kotlin scala perl haskell",
        "phone": "android mobile smart cell",
        "read": "book novel",
        "watch": "film",
        "visit": "place",
    }.items()
}


@lru_cache(maxsize=16384)
def sense(word: str) -> str:
    """The stem, or that of the word that stands for all that mean the same."""
    base = stem(word)
    return _SENSES.get(base, base)
