"""A prompt read the way a person skims it: what is asked, and what it is asked about."""

import re
from dataclasses import dataclass

# Beyond this the middle of a prompt says little about how hard the question is.
_HEAD, _TAIL = 20_000, 5_000
_SHORT_WORDS = 60
_EDGE_SENTENCES = 2

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
_FENCE = re.compile(r"```.*?(?:```|$)")
_POLITE = re.compile(
    r"\b(?:(?:could|can|would|will) you(?: please| kindly)?|please|kindly|i(?: woul|')d (?:like|love|want) (?:you to|to know)"
    r"|i (?:want|need) you to|i(?: was|'m| am) wondering(?: if)?|if you (?:do not|don't) mind|thank you(?: so| very)? much"
    r"|thanks(?: a lot| again)?(?: in advance)?|thank you|tell me|help me(?: to)?)\b[,!.]?\s*|^(?:hi|hello|hey)(?: there)?[,!.]\s*",
)
_ASKS = re.compile(
    r"\?|^(?:(?:and|so|now|then|first|finally|next)[, ]+)?"
    r"(?:add|analy[sz]e|answer|arrange|assess|build|calculate|change|check|choose|classify|clean|compare|complete|compose"
    r"|compute|convert|correct|count|create|critique|debug|define|derive|describe|design|determine|diagnose|discuss|draft"
    r"|edit|estimate|evaluate|explain|extract|fill|find|fix|format|forward|generate|give|identify|implement|improve|justify"
    r"|list|make|name|optimi[sz]e|outline|paraphrase|pick|plan|predict|prove|propose|put|rank|read|recommend|refactor"
    r"|remove|rename|repeat|rephrase|replace|reply|review|rewrite|schedule|select|shorten|show|simplify|solve|sort|spot"
    r"|spell|state|suggest|sum|summari[sz]e|tag|translate|turn|verify|what|when|where|which|who|why|how|write)\b"
)


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """All in lower case with single blanks. `ask` holds the sentences that want something, without courtesies.

    For a short prompt it is the whole of it. `text` is everything (the middle of a very long prompt left out), `body` the
    same without courtesies, `words` its length. `asks`: a question or a wish is in it; `only_courtesy`: nothing is wanted at all.
    """

    text: str
    body: str
    request_text: str
    words: int
    asks: bool
    only_courtesy: bool


def parse_prompt(prompt: str) -> ParsedPrompt:
    """Read a prompt; case, blanks and courtesies make no difference."""
    if len(prompt) > _HEAD + _TAIL:
        prompt = f"{prompt[:_HEAD]} {prompt[-_TAIL:]}"
    text = " ".join(prompt.casefold().replace("’", "'").split())
    # What a courtesy leaves at the front is its own punctuation: "Could you help me? Sort this" begins with "Sort".
    polished = " ".join(_POLITE.sub("", _POLITE.sub("", text)).split()).lstrip("?!.,;: ")
    body = polished or text
    words = body.count(" ") + 1
    sentences = _SENTENCE_END.split(body)
    if words > _SHORT_WORDS:
        prose = _SENTENCE_END.split(_FENCE.sub(" ", body).strip())
        edges = prose if len(prose) <= 2 * _EDGE_SENTENCES else prose[:_EDGE_SENTENCES] + prose[-_EDGE_SENTENCES:]
        asking = [sentence for sentence in edges if _ASKS.search(sentence)]
        sentences = asking or [min(edges[0], edges[-1], key=len)]
    return ParsedPrompt(
        text=text,
        body=body,
        request_text=" ".join(sentences),
        words=words,
        asks=any(_ASKS.search(sentence) for sentence in sentences),
        only_courtesy=bool(text) and not polished,
    )
