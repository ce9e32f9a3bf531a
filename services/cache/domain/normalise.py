"""The one form of a question that is embedded.

Vectors of different versions must never meet, so `VERSION` is raised with every change that alters any text's form.
"""

import re
import unicodedata

from services.cache.domain.lexicon import COPULAS, DETERMINERS, FUNCTION_WORDS
from services.cache.domain.phrasing import rephrased, unmarked
from services.cache.domain.spelling import repaired

VERSION = 5

_QUOTES = str.maketrans("‘’ʼ“”", "'''\"\"")
_CONTRACTED_IS = re.compile(r"\b(what|who|where|when|how|why|which|that|it|he|she|there|here)'s\b", re.IGNORECASE)
_CONTRACTIONS = (
    (re.compile(r"\bwon't\b", re.IGNORECASE), "will not"),
    (re.compile(r"\b(can|shan)'t\b", re.IGNORECASE), r"\1 not"),
    (re.compile(r"n't\b", re.IGNORECASE), " not"),
    (re.compile(r"'re\b", re.IGNORECASE), " are"),
    (re.compile(r"'ve\b", re.IGNORECASE), " have"),
    (re.compile(r"'ll\b", re.IGNORECASE), " will"),
    (re.compile(r"\bi'm\b", re.IGNORECASE), "i am"),
)
_WHATS = re.compile(r"\bwhats\b", re.IGNORECASE)
_GREETING = r"(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening))(?: there)?\b[ ,!.]*"
# "Can you" asks for a favour only before one of these; else it asks what people are able to do.
_FAVOURS = (
    r"(?:add|analy[sz]e|answer|build|calculate|check|classify|compare|compute|convert|correct|count|create|define|describe|"
    r"draft|edit|explain|extract|find|fix|format|generate|give|help|improve|list|make|name|outline|paraphrase|proofread|"
    r"provide|recommend|refactor|remind|rephrase|rewrite|say|show|solve|sort|suggest|sum|summari[sz]e|teach|tell|translate|"
    r"turn|walk|write)"
)
_REQUEST = (
    rf"(?:please |kindly )?(?:can|could|would|will) (?:you|someone|anyone|anybody) "
    rf"(?:please |kindly |(?={_FAVOURS}\b))|please |kindly "
    r"|i(?: would|'d)? (?:want|like|need) you to "
)
_ASKING = (
    r"(?:tell|remind) me (?!about)|let me know |i(?: would|'d)? (?:want|like|need) to know |i (?:wonder|was wondering) "
    r"|do you (?:happen to )?know (?=wh|how|if\b)|(?:explain|describe) (?:to me )?(?=wh|how\b)"
    r"|(?:a |one )?(?:quick |short |simple )?question[:,] "
)
_OPENER = re.compile(rf"^(?:{_GREETING}|{_REQUEST}|{_ASKING})++", re.IGNORECASE)
_CLOSER = re.compile(
    r"(?<![ ,.!?])[ ,.!?]*+\b(?:please|thanks|thank you|thx|cheers)(?: (?:so|very) much| in advance)?[ .!?]*$",
    re.IGNORECASE,
)
# Thanks are looked for this near the end: looking through the whole text for each of many thanks would take its square.
_CLOSING = 60
_FOR_ME = re.compile(
    r"^(give|write|show|make|find|draft|suggest|create) me (?=\S)|(?<=\S) for me(?=[.!?]*$)", re.IGNORECASE
)
# Measures asked for by adjective, and the nouns that ask the same: "how tall is X" and "what is the height of X".
_MEASURES = {
    "tall": "height",
    "high": "height",
    "old": "age",
    "big": "size",
    "large": "size",
    "heavy": "weight",
    "fast": "speed",
    "deep": "depth",
    "wide": "width",
    "long": "length",
    "hot": "temperature",
}
_MEASURED = re.compile(
    rf"^how ({'|'.join(_MEASURES)}) (is|are|was|were) (?!it\b|there\b)(\w[^?!,;:]*?)(?=[ ?.!]*$)", re.IGNORECASE
)
# Makers asked for by noun, and the verbs that ask the same: "the inventor of X" and "who invented X".
_MAKERS = {
    "inventor": "invented",
    "founder": "founded",
    "discoverer": "discovered",
    "composer": "composed",
    "creator": "created",
    "author": "wrote",
    "writer": "wrote",
}
_MADE_BY = re.compile(rf"^who (?:is|was|were) (?:the )?({'|'.join(_MAKERS)}) of (\S.*)$", re.IGNORECASE)
_TIME = re.compile(r"\bhow much time\b", re.IGNORECASE)
# Names that are written short as often as not. "US" is told from "us" by its case.
_SHORT_NAMES = (
    (re.compile(r"\bunited states(?: of america)?\b|\bu\.s\.(?:a\.)?(?!\w)|(?-i:\bUS\b)", re.IGNORECASE), "USA"),
    (re.compile(r"\bunited kingdom\b|\bu\.k\.(?!\w)", re.IGNORECASE), "UK"),
    (re.compile(r"\beuropean union\b", re.IGNORECASE), "EU"),
)
# One of these stands in every text that such a name is in: looking for them is quicker.
_NAMED = ("united", "european", "u.s.", "u.k.")
# "If it rains, can I swim?" is "can I swim if it rains?".
_CLAUSE_FIRST = re.compile(
    r"^(if|when|while|in|on|at|for|with|using|during|after|before) ([^,.;:?!]{1,80}), "
    r"((?:what|who|which|when|where|why|how|is|are|was|were|do|does|did|can|could|should|will|would|may|must)\b[^,.;:?!]*)([?.!]*)$",
    re.IGNORECASE,
)
_BEST_WAY = re.compile(r"^(?:what(?: is|'s| are)|which(?: is| are)) the best ways? to\b", re.IGNORECASE)
_THE_BEST = re.compile(r"^(what|which) are (?:some (?:of the )?|the )?(?:good|best)\b", re.IGNORECASE)
_WHETHER = re.compile(r"\bwhether\b", re.IGNORECASE)
_TELL_IF = re.compile(r"\btell(?= (?:if|whether)\b)", re.IGNORECASE)
_MAKE_MONEY = re.compile(r"\bmake money\b", re.IGNORECASE)
_HOW_COME = re.compile(r"^how come\b", re.IGNORECASE)
_UNABLE = re.compile(r"\bunable to\b", re.IGNORECASE)
_EMBEDDED = re.compile(r"^(?:what|who) (.+) (?:is|are)$")
_OPINION = re.compile(r"^(?:who|what) (?:do|does) (\S+(?: \S+)?) (?:think|believe) (?:is|are) (.+)$")
_QUESTION = re.compile(r"^(?:what|who) (?:is|are) (?=\S)")
_ARTICLE = re.compile(r"^(?:the|an|a) (?=\S)")
# What one pass uncovers another one may take away, as in "please tell me what is what is tin".
_PASSES = 8
_END = " \t.?!…"
_MARKS = ".,;:!?…)"
# More possessives and longer phrases are no question: they stay as they are, for each one may move all words around it.
_MOST_POSSESSIVES, _LONGEST_PHRASE = 64, 16
_POSSESSIVE = re.compile(r"([^\W_][\w.-]*)(?:'s|(?<=s)')")


def clean(text: str) -> str:
    """Straight quotes, composed characters, single spaces, contractions spelled out, states written short. Case and words stay."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = " ".join(text.split())
    low = text.lower()
    if "whats" in low:
        text = _WHATS.sub("what is", text)
    text = unmarked(text)
    if "'" in text:
        text = _CONTRACTED_IS.sub(r"\1 is", text)
        for pattern, replacement in _CONTRACTIONS:
            text = pattern.sub(replacement, text)
    if "US" in text or any(sign in low for sign in _NAMED):
        for pattern, replacement in _SHORT_NAMES:
            text = pattern.sub(replacement, text)
    return text


def strip_courtesy(text: str) -> str:
    """What is left of a cleaned text without greeting, please and thanks."""
    before = None
    while text != before:
        before = text
        text = _without_closer(_OPENER.sub("", text, count=1)) or before
    return _FOR_ME.sub(lambda match: f"{match[1]} " if match[1] else "", text)


def _without_closer(text: str) -> str:
    closer = _CLOSER.search(text, max(0, len(text) - _CLOSING))
    return text if closer is None else text[: closer.start()]


def plain(text: str) -> str:
    """The text without courtesies and slips, in one order of clauses and one spelling of possession, measure and ability. Case
    stays, for it tells names.
    """
    text = _HOW_COME.sub("why", rephrased(strip_courtesy(repaired(clean(text)))))
    if "," in text:
        text = _CLAUSE_FIRST.sub(_clause_last, text)
    low = text.lower()
    if "tell " in low:
        text = _TELL_IF.sub("know", text)
    if "best" in low or "good" in low:
        text = _THE_BEST.sub(r"\1 are the best", _BEST_WAY.sub("how to", text))
    if "whether" in low:
        text = _WHETHER.sub("if", text)
    if " money" in low:
        text = _MAKE_MONEY.sub("earn money", text)
    if "unable" in low:
        text = _UNABLE.sub("not able to", text)
    if "much time" in low:
        text = _TIME.sub("how long", text)
    return _MADE_BY.sub(_by_verb, expand_possessives(_MEASURED.sub(_by_noun, text)))


def repeat_form(text: str) -> str:
    """What is the same in two texts of whatever language that only repeat each other: blanks, the first letter's case and the
    marks at the end may differ. Everything else may be another word somewhere.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return (plain[:1].lower() + plain[1:]).rstrip(_END + "？。！") or plain


def expand_possessives(text: str) -> str:
    """Turn "the owner's old boat" into "old boat of the owner", over whole noun phrases, one possessive at a time."""
    if "'" not in text:
        return text
    pieces = text.split(" ")
    at, left = 0, _MOST_POSSESSIVES
    while at < len(pieces) - 1 and left:
        possessive = _POSSESSIVE.fullmatch(pieces[at])
        end = _owned(pieces, at) if possessive is not None else 0
        if possessive is None or end == at + 1:
            at += 1
            continue
        left -= 1
        begin = _owner(pieces, at)
        last = pieces[end - 1].rstrip(_MARKS)
        marks = pieces[end - 1].removeprefix(last)
        pieces[begin:end] = [*pieces[at + 1 : end - 1], last, "of", *pieces[begin:at], possessive[1] + marks]
        # What was owned now stands where the owner began, and may be an owner itself.
        at = begin
    return " ".join(pieces)


def normalise(text: str) -> str:
    """The form that is embedded: lower case, one spelling of possession, and no courtesy, opener or final mark. A form's form is
    itself.
    """
    form = text
    for _ in range(_PASSES):
        before, form = form, _formed(form)
        if form == before:
            break
    return form


def _formed(text: str) -> str:
    form = plain(text).lower().rstrip(_END).lstrip()
    if (embedded := _EMBEDDED.match(form)) is not None:
        form = embedded[1]
    form = _OPINION.sub(r"\2 according to \1", form)
    form = _QUESTION.sub("", form)
    return _ARTICLE.sub("", form).rstrip(_END).lstrip() or text.strip().lower()


def _clause_last(match: re.Match[str]) -> str:
    return f"{match[3]} {match[1].lower()} {match[2]}{match[4]}"


def _by_verb(match: re.Match[str]) -> str:
    return f"who {_MAKERS[match[1].lower()]} {match[2]}"


def _by_noun(match: re.Match[str]) -> str:
    return f"what {match[2]} the {_MEASURES[match[1].lower()]} of {match[3]}"


def _owner(pieces: list[str], at: int) -> int:
    """Where the owner's phrase begins. Without a determiner or upper case, only what follows a copula surely is one."""
    titled = pieces[at][0].isupper()
    begin = at
    while (
        begin > max(0, at - _LONGEST_PHRASE)
        and _continues(pieces[begin - 1])
        and (not titled or pieces[begin - 1][0].isupper())
    ):
        begin -= 1
    before = pieces[begin - 1].lower() if begin > 0 else ""
    if before in DETERMINERS:
        return begin - 1
    return begin if titled or before in COPULAS else at


def _owned(pieces: list[str], at: int) -> int:
    """Where the phrase ends that begins behind the possessive."""
    end = at + 1
    while end < min(len(pieces), at + _LONGEST_PHRASE) and _in_phrase(pieces[end]):
        end += 1
        if not _continues(pieces[end - 1]):
            break
    return end


def _in_phrase(piece: str) -> bool:
    return piece[:1].isalnum() and piece.rstrip(_MARKS).lower() not in FUNCTION_WORDS


def _continues(piece: str) -> bool:
    return _in_phrase(piece) and piece[-1] not in _MARKS
