"""Whether the pictures of a conversation are only looked at for their gist, so that a model sees enough of them in low detail.

Nobody here looks at a picture. What is asked decides, by a list of wishes each of which has to be all that a turn says: whatever is not on
it, in any language, may need what is written small, counted or far away, and then every picture stays as it came. It is looked for at
every user's turn, so that a question about a detail later on gets the pictures whole, and after it no turn has them otherwise.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from libs.common.contracts.optimizer import Outcome, StepNote
from libs.common.images import low_detail_saves, size_of
from services.optimizer.domain.conversation import Message

STEP: Final = "low_detail"
_MOST_PICTURES: Final = 20
_LONGEST: Final = 160
_THIS: Final = r"(?:this|the|my) (?:image|picture|photo|photograph|drawing|painting)"
_THINGS: Final = (
    r"(?:cat|dog|horse|cow|bird|fish|animal|person|human|flower|tree|plant|car|bicycle|boat|plane|train|house|building|beach|mountain|"
    r"forest|desert|lake|city|street|garden|kitchen|landscape|portrait|photo|photograph|drawing|painting|cartoon|sketch|meal)"
)
_EN: Final = (
    rf"describe {_THIS} (?:briefly|in (?:one|a single) (?:short )?sentence|in (?:a )?few words|in general terms)",
    rf"(?:briefly|roughly) describe {_THIS}",
    rf"(?:write|give me|suggest) a (?:short|brief|one-sentence|funny) caption for {_THIS}",
    rf"what (?:animal|season|kind of (?:animal|place|scene|landscape|weather|meal|building)) is (?:this|in {_THIS}|shown in {_THIS})",
    rf"is (?:this|it) an? {_THINGS}(?: or an? {_THINGS})?",
    rf"is there an? {_THINGS} in {_THIS}",
    rf"(?:is this|was {_THIS} taken) (?:indoors or outdoors|outdoors or indoors|by day or by night|at day or at night)",
    rf"what is the (?:mood|season|weather|main colou?r|dominant colou?r) (?:of|in) {_THIS}",
)
_DINGE: Final = r"(?:katze|hund|pferd|vogel|tier|mensch|auto|haus|baum|strand|berg|wald|zeichnung|foto)"
_DE: Final = (
    r"beschreibe? (?:dieses|das) (?:bild|foto) (?:kurz|in einem (?:kurzen )?satz|in wenigen worten|grob)",
    r"welches tier ist (?:das|auf dem bild|auf dem foto)",
    rf"ist das (?:ein|eine) {_DINGE}(?: oder (?:ein|eine) {_DINGE})?",
)
_FR: Final = (
    r"d[ée]cri(?:s|vez) (?:cette image|cette photo) (?:en une (?:courte )?phrase|en quelques mots|bri[èe]vement)",
    r"quel animal est-ce",
    r"est-ce un (?:chat|chien|cheval|oiseau|animal|arbre)(?: ou un (?:chat|chien|cheval|oiseau|animal|arbre))?",
)
_ES: Final = (
    r"describe (?:esta imagen|esta foto) (?:en una (?:sola )?frase|en pocas palabras|brevemente)",
    r"(?:qu[ée]) animal es (?:este|[ée]ste)",
    r"es un (?:gato|perro|caballo|p[áa]jaro|animal|[áa]rbol)(?: o un (?:gato|perro|caballo|p[áa]jaro|animal|[áa]rbol))?",
)
_POLITE: Final = r"(?:please,? |(?:can|could) you (?:please )?|bitte,? )?"
_WISH: Final = re.compile(
    rf"[¿\s]*{_POLITE}(?:{'|'.join((*_EN, *_DE, *_FR, *_ES))})(?:,? please|,? bitte)?[\s.?!]*", re.IGNORECASE
)


def gist(messages: Sequence[Message], model: str, *, tools: bool) -> tuple[bool, StepNote]:
    """Whether low detail would do for all pictures of a request that has some, and a note about it."""
    pictures = [url for message in messages for url in _pictures(message)]
    if not pictures:
        return False, _noted("nothing_found", "There are no pictures.")
    if (reason := _why_not(messages, pictures, tools=tools)) is not None:
        return False, _noted("gated", reason)
    sizes = [size_of(url) for url in pictures]
    saved = [None if size is None else low_detail_saves(model, size) for size in sizes]
    known = [tokens for tokens in saved if tokens is not None]
    if not known:
        why = "No picture shows its size: only those in the request itself do." if not any(sizes) else ""
        return False, _noted("gated", why or f"How {model} counts pictures is not known.")
    return True, _noted("applied", f"{len(known)} of {len(pictures)} pictures would be sent in low detail.", sum(known))


def off(reason: str) -> StepNote:
    """A note that nothing was looked at, for a reason."""
    return _noted("off", reason)


def _why_not(messages: Sequence[Message], pictures: Sequence[str], *, tools: bool) -> str | None:
    if tools:
        return "Tools may need what stands in a picture."
    if len(pictures) > _MOST_PICTURES:
        return f"More than {_MOST_PICTURES} pictures are left as they are."
    for message in messages:
        if message.role == "assistant" and not message.calls_tools:
            continue
        if message.role != "user":
            return "There are instructions or results of tools, which may need what stands in a picture."
        if message.stays:
            return "The client marked a message for the provider's cache."
        said = message.text.strip()
        if len(said) > _LONGEST or _WISH.fullmatch(said) is None:
            return "What is asked may need what is small in a picture, such as text, numbers or places."
    return None


def _pictures(message: Message) -> Iterator[str]:
    content = message.data.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "image_url":
            yield _url(part.get("image_url"))


def _url(image: Any) -> str:
    url = image.get("url") if isinstance(image, dict) else image
    return url if isinstance(url, str) else ""


def _noted(outcome: Outcome, reason: str, tokens: int = 0) -> StepNote:
    return StepNote(step=STEP, lever="images", outcome=outcome, tokens=tokens, reason=reason)
