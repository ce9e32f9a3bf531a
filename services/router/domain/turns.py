"""Which of a user's later turns decide anything: those that bring a task of their own."""

import re
from collections.abc import Sequence

from libs.common.contracts.router import UserTurn
from services.router.domain.language import SPACED, WORD, fold, language_of
from services.router.domain.marks import marks
from services.router.domain.words import Words

_ANSWER_WORDS, _WORD_OR_TWO, _CONFIRM_WORDS, _OWN_WORDS = 15.0, 3.0, 14.0, 4.0
_OWN_WORDS_UNSPACED = 7.0  # without articles and blanks, a short wish says less of what it is about
_THE = re.compile(r"\b(?:the|der|die|das|den|dem|el|la|los|las|le|les)\b")
_THE_OF = re.compile(
    r"\b(?:the|der|die|das|den|dem|el|la|los|las|le|les) \w+(?: \w+)? (?:of|in|from|von|des|der|aus|de|del|du|d)\b"
)
_UNREAD_LETTERS = 32  # of a language without word lists, and perhaps without blanks
_LEFT_OVER = 0.34  # of a turn's words may say something besides yes, no and which
_LONG = 5  # letters of a word that says what a text is about
_SAME_PAIRS = 0.15
_LETTER = re.compile(r"[^\W\d_]{2}")
_CJK = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_ASKS_BACK = re.compile(r"[?？]\W{0,6}$|[?？][^?？]{0,160}$")
# A turn with one of these has a wish of its own, even as the answer to a question.
_WISHES = (
    "proof",
    "explain",
    "writing",
    "wording",
    "summarise",
    "planning",
    "reasoning",
    "engineering",
    "mathematics",
    "why",
)


def decides_nothing(turn: UserTurn, words: Words) -> bool:
    """Whether a turn only confirms, continues, corrects or answers: in doubt a short turn does."""
    if not turn.text.strip():
        return False  # a picture, for one: nobody knows
    folded = fold(turn.text)
    if not _LETTER.search(folded) and not _CJK.search(folded):
        return True  # "2", "b)", "👍"
    spoken = language_of(folded, words.common)
    if spoken.words > _CONFIRM_WORDS + 1:
        return False
    found = words.find(folded, spoken.languages or SPACED)
    if not spoken.known:
        return len(folded) <= _UNREAD_LETTERS
    if spoken.words <= _WORD_OR_TWO and not _says(found, (*_WISHES, "lookup", "code")):
        return True
    if turn_answers(turn, found) and spoken.words <= _ANSWER_WORDS:
        return True
    return "confirm" in found and _left_over(folded, found, words, spoken.languages) <= _LEFT_OVER


def turn_answers(turn: UserTurn, found: dict[str, set[str]]) -> bool:
    """Whether the assistant had asked, and the turn asks nothing and wishes nothing itself."""
    asks = "?" in turn.text or "？" in turn.text
    return bool(_ASKS_BACK.search(turn.asked)) and not asks and not _says(found, _WISHES)


def new_task(turn: UserTurn, opening: str, words: Words) -> bool:
    """Whether a turn stands on its own: a whole wish that points at nothing before it and shares no subject with it."""
    seen = marks(turn.text, words)
    folded = fold(turn.text)
    found = words.find(folded, seen.tongue.languages)
    least = _OWN_WORDS if seen.tongue.languages[:1] not in (("zh",), ("ja",)) else _OWN_WORDS_UNSPACED
    if not seen.known or seen.tongue.words < least or "refer" in found or _ASKS_BACK.search(turn.asked):
        return False
    if _THE.search(folded) and not _THE_OF.search(folded):
        return False  # "the title", "la ligne": of something that was there before
    return not _same_subject(folded, fold(f"{opening[-2_000:]} {turn.asked}"), words)


def _says(found: dict[str, set[str]], concepts: Sequence[str]) -> bool:
    return any(name in found for name in concepts)


def _left_over(folded: str, found: dict[str, set[str]], words: Words, languages: Sequence[str]) -> float:
    """The share of a turn's words that are neither consent nor correction, nor point at something, nor hold it together."""
    known = found.get("confirm", set()) | found.get("refer", set())
    if _CJK.search(folded):
        for term in sorted(known, key=len, reverse=True):
            folded = folded.replace(term, "")
        return len(_CJK.findall(folded)) / 12
    plain = {part for term in known for part in WORD.findall(term)}
    common = frozenset().union(*(words.plain.get(language, frozenset()) for language in languages))
    spoken = WORD.findall(folded)
    left = [word for word in spoken if word not in plain and word not in common and not word.isdigit()]
    return len(left) / max(len(spoken), 1)


def _same_subject(one: str, other: str, words: Words) -> bool:
    if _CJK.search(one):
        pairs = {one[at : at + 2] for at in range(len(one) - 1) if _CJK.match(one[at]) and _CJK.match(one[at + 1])}
        return sum(pair in other for pair in pairs) > _SAME_PAIRS * max(len(pairs), 1)
    said = {word for word in WORD.findall(one) if len(word) >= _LONG}
    said -= set().union(*words.common.values())
    return not said.isdisjoint(WORD.findall(other))
