"""Turns of phrase that ask the same, brought to one of them. Each rewriting looks at a phrase and at what stands around it.

What only mostly asks the same is not here: "the City of London" is not London, the smallest state is not the smallest state in
the world, and how a term of a programming language is defined is not what it means.
"""

import re
from collections.abc import Callable

_Rewriting = tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rule(sign: str, pattern: str, said: str | Callable[[re.Match[str]], str]) -> _Rewriting:
    return sign, re.compile(pattern, re.IGNORECASE), said


_DETERMINED = r"(?:the |a |some |any |all )?(?:of the )?(?:different |various )?"
# What stands on a text's first line of letters: a sign that must be in it, the pattern, what is said instead.
_REWRITINGS: tuple[_Rewriting, ...] = (
    _rule("recommend", r"^recommend (?:me )?(?:some|a few) (?:good|great|of the best)\b", "what are the best"),
    _rule("suggest", r"^suggest (?:me )?(?:some|a few) (?:good|great|of the best)\b", "what are the best"),
    _rule(
        "way",
        rf"^(?:what|which) (?:is|are) {_DETERMINED}(?:good |best |great )?ways? (?:to|of(?= [a-z]{{2,20}}ing\b))(?= )",
        "how to",
    ),
    _rule("way", r"^(?:is|are) there (?:a |any |some )?(?:good )?ways? to(?= )", "how to"),
    _rule(
        "method",
        rf"^(?:what|which) (?:is|are) {_DETERMINED}(?:good |best |great )?methods? (?:to|of(?= [a-z]{{2,20}}ing\b))(?= )",
        "how to",
    ),
    _rule(" some ", r"^(what|which) are some (?:of the )?(?:really |very )?(?:good|best)\b", r"\1 are the best"),
    _rule("reason", r"^what (?:is|are) the (?:main )?reasons? (?:why|that)(?= )", "why"),
    _rule("reason", r"\b(reasons?) behind\b", r"\1 for"),
    _rule("makes", r"^what makes ([^?.,;:!]{1,60}?) so (?=[a-z])", r"why is \1 so "),
    _rule("meant by", r"^what (?:is|was) meant by ([^?.,;:!]{1,80}?)([?.! ]*)$", r"what does \1 mean\2"),
    _rule("feel", r"^(?:how does it feel|what does it feel like)(?= to\b)", "what is it like"),
    _rule("being", r"^(what is it like|what it is like) being\b", "what is it like to be"),
    _rule("what it is like", r"^what it is like\b", "what is it like"),
    _rule("who is a", r"^who is (an? [a-z]{3,30}[?.! ]*)$", r"what is \1"),
    _rule("actly", r"^(what|who|how|where|why|when) exactly(?= )", r"\1"),
    _rule("actually", r"^(what|who|how|where|why|when) actually(?= )", r"\1"),
    _rule(" world", r"\bin the (?:whole|entire) world\b", "in the world"),
    _rule("on ", r"\bon (?:planet earth|earth|the earth|the planet)(?=[ ?.!]*$)", "in the world"),
    _rule("rid of", r"\bget rid of\b", "remove"),
    _rule("rid of", r"\bgetting rid of\b", "removing"),
    _rule("in order", r"\bin order to\b", "to"),
    _rule("so as to", r"\bso as to\b", "to"),
    _rule("prior to", r"\bprior to\b", "before"),
    _rule("lot", r"\b(?:a lot|lots) of\b", "many"),
    _rule("one another", r"\bone another\b", "each other"),
    _rule("human being", r"\bhuman being(s?)\b", r"human\1"),
    _rule("take", r"\btake(s?) place\b", r"happen\1"),
    _rule("took place", r"\btook place\b", "happened"),
    _rule("out of", r"\bmade out of\b", "made of"),
    _rule("hard", r"\bhard(?= to [a-z])|(?<=^how )hard(?= is it\b)", "difficult"),
    _rule("tough", r"\btough(?= to [a-z])", "difficult"),
    _rule("simple", r"\bsimple(?= to [a-z])", "easy"),
    _rule("wi-fi", r"\bwi-fi\b", "wifi"),
    _rule("phone", r"\bcell ?phone(s?)\b", r"mobile phone\1"),
    _rule("sign in", r"\bsign(?: in to| into)\b", "log into"),
    _rule("log in to", r"\blog in to\b", "log into"),
    # Written in one where the verb is two words.
    _rule(
        "o",
        r"\b(i|you|we|one|to) (set|back|log|sign)(up|in|out)\b",
        lambda match: f"{match[1]} {match[2]} {match[3]}",
    ),
)
_UNMARKED = re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|could|should|would)nt\b", re.IGNORECASE)
# "Cant" and "wont" are words of their own, but not behind a subject.
_UNMARKED_MODAL = re.compile(r"\b(i|you|we|they|he|she|it|why|that|who|which) (ca|wo)nt\b", re.IGNORECASE)
_MODALS = {"ca": "can", "wo": "will"}
_PROS = re.compile(r"\bpro's and con's\b", re.IGNORECASE)


def unmarked(text: str) -> str:
    """Contractions that were written without their apostrophe spelled out, where no word is written so."""
    low = text.lower()
    if "nt" in low:
        text = _UNMARKED.sub(r"\1 not", text)
        text = _UNMARKED_MODAL.sub(lambda match: f"{match[1]} {_MODALS[match[2].lower()]} not", text)
    return _PROS.sub("pros and cons", text) if "pro's" in low else text


def rephrased(text: str) -> str:
    """The text with each turn of phrase as its kind is mostly put. Case stays where nothing is replaced."""
    low = text.lower()
    for sign, pattern, said in _REWRITINGS:
        if sign in low:
            text = pattern.sub(said, text)
    return text
