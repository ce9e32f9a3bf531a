"""Whether a text is surely written in the language that the other lists know. What is not sure is not English.

Foreign words cannot be listed, so it is English that has to show: by its grammar, and by words that everybody knows.
Names, which upper case tells, say nothing either way.
"""

import re
from functools import lru_cache

from services.cache.domain.characters import latin
from services.cache.domain.common_words import COMMON
from services.cache.domain.lexicon import FUNCTION_WORDS
from services.cache.domain.stem import stem
from services.cache.domain.topics import FORMATS, LANGUAGES, MONTHS, NUMBER_WORDS, TASKS, TIMELY, UNITS, WEEKDAYS
from services.cache.domain.words import word_set

# Grammar that no other language in Latin letters shares, written with accents or without.
_ENGLISH = word_set(
    """what how why which who whom whose does did doing doesn didn isn aren wasn weren hasn haven hadn wouldn couldn shouldn should
    would could were with this those there their they your yours from about into between because through without while before
    after during against until many much only other every each whether these whenever unless within upon when where"""
)
# Grammar that some language shares with one of these, though none with two or three of them.
_SHARED = word_set("is are can of it the and than you not be have has had if or some any more most must")
# Grammar that is no evidence alone.
_LOOSE = word_set("a an that in on at as so my me he she we us no am its our also by do i to for was will")
# Common grammar of other languages, without accents, that English has no use for.
_FOREIGN = (
    word_set(
        """der das dem den ein eine einen einer ist sind wird und oder nicht wie wo wann warum wer welche welcher mit fur von zu auf im vor
    nach bei darf soll muss kann hat gibt ich sie wir le les un une des du est sont et ou ne pas que qui quoi comment pourquoi quand
    avec sans pour dans sur au aux quel quelle combien je il elle ce cette el los las una es son como donde cuando por para con sin
    del cual cuanto puedo lo gli di che non perche dove quanto quale os um uma sao nao onde com em qual quantos het een en van wat hoe
    waar waarom niet voor zijn jak jest nie czy sie gdzie kiedy dlaczego moj na bu bir ve nasil nedir ne mi icin nerede yang dan di ke
    dari apa bagaimana cara untuk ini itu ya wa ni kwa katika nini jinsi gani je kya hai kaise ka ki ke ko se mein main aap ang ng sa
    mga ano paano ay khong gi nao toi co ban cua lam sao hur ar och att det som med vad hvad hvordan er og af jeg det hvor mika miten
    ja ei hogyan az es egy nem je jak se ze proc kde ce cum este si la de sa nu unde kako sto je li u da gdje hij ze zij ik va voi cho
    duoc nhu mot trong nhung cac bao nhieu cai den bat tat mo"""
    )
    - FUNCTION_WORDS
    - _SHARED
)
KNOWN = (
    FUNCTION_WORDS | LANGUAGES | TIMELY | UNITS.keys() | WEEKDAYS.keys() | MONTHS.keys() | FORMATS.keys()
    | TASKS.keys() | NUMBER_WORDS.keys() | word_set("s t re ve ll m d don wouldn whats im")
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
# So many words in a row without any grammar may be a quotation from anywhere.
_BARE_RUN = 8


@lru_cache(maxsize=4096)
def english(text: str) -> bool:
    """Whether grammar and vocabulary say so. Asked of every question, so it only scans; recent ones are remembered."""
    if not latin(text):
        return False
    written = _WORD.findall(text)
    words = [word.lower() for at, word in enumerate(written) if at == 0 or not word[0].isupper() or len(word) == 1]
    sure, shared, foreign = (sum(word in listed for word in words) for listed in (_ENGLISH, _SHARED, _FOREIGN))
    common = sum(map(known, words))
    if foreign and sure + shared <= 2 * foreign:
        return False
    if sure:
        return 2 * common >= len(words) and _longest_bare_run(words) < _BARE_RUN
    # Without sure grammar hardly anything may be unknown: "computer start kaise kare" has English nouns, too.
    grammar = {word for word in words if word in _SHARED or word in _LOOSE}
    if foreign or len(words) < 2 or not (shared or any(len(word) > 3 and stem(word) in COMMON for word in words)):
        return False
    if len(grammar & _SHARED) > 1:
        return 2 * common >= len(words)
    return 3 * common >= 2 * len(words) if shared and len(grammar) > 1 else common == len(words)


def known(word: str) -> bool:
    """Whether it is a common English word, in whatever form."""
    base = stem(word)
    if word in KNOWN or base in COMMON:
        return True
    return any(
        stem(base.removesuffix(ending)) in COMMON for ending in ("er", "est", "r", "st") if base.endswith(ending)
    )


def _longest_bare_run(words: list[str]) -> int:
    longest = run = 0
    for word in words:
        run = 0 if word in FUNCTION_WORDS else run + 1
        longest = max(longest, run)
    return longest
