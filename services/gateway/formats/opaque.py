"""Reasoning of one provider in another format's opaque field: sealed for the organization, and opened again only for the model
that made it.

The cipher is passed in; what it seals is a small JSON object, and what clients see begins with `pr1.`.
"""

import base64
import re
from collections.abc import Callable

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Ask, Block, Call, Native, Reasoning, Turn

PREFIX = "pr1."
# What base64 of a sealed text begins with.
PREFIX_IN_BASE64 = "cHIxL"
_REFUSED = re.compile(
    r"invalid.{0,8}signature|signature.{0,40}(?:invalid|not valid)|thought_?signature|encrypted.?content"
    r"|bound to a different conversation",
    re.IGNORECASE,
)
_MAX_SEALED = 4 << 20


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Who serves a request: only the same provider, the same of its keys and the same model may read what it sealed."""

    provider: str
    key_id: str
    model: str


class Cipher(msgspec.Struct, frozen=True):
    """An organization's cipher. `seal` gives URL-safe text; `open` gives None for what was not sealed with the organization's key."""

    seal: Callable[[bytes], str]
    open: Callable[[str], bytes | None]


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is inside: whose reasoning it is, and the reasoning."""

    provider: str
    key_id: str
    model: str
    kind: str
    payload: str


class Sealer:
    """Seals the reasoning of one answer."""

    def __init__(self, cipher: Cipher, serving: Serving) -> None:
        self._cipher = cipher
        self._serving = serving

    def seal(self, native: Native) -> str:
        """The client's opaque text for a piece of reasoning."""
        serving = self._serving
        content = Sealed(
            provider=serving.provider,
            key_id=serving.key_id,
            model=serving.model,
            kind=native.kind,
            payload=native.payload,
        )
        return PREFIX + self._cipher.seal(msgspec.json.encode(content))


def opened(text: str, cipher: Cipher, serving: Serving) -> Native | None:
    """What a sealed text holds, if it is for the model that serves now; None otherwise."""
    if not text.startswith(PREFIX) or len(text) > _MAX_SEALED:
        return None
    found = cipher.open(text.removeprefix(PREFIX))
    if found is None:
        return None
    try:
        content = msgspec.json.decode(found, type=Sealed)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if (content.provider, content.key_id, content.model) != (serving.provider, serving.key_id, serving.model):
        return None
    return Native(provider=content.provider, kind=content.kind, payload=content.payload)


def as_base64(sealed: str) -> str:
    """A sealed text for fields whose clients take nothing but base64."""
    return base64.b64encode(sealed.encode()).decode()


def from_base64(text: str) -> str:
    """The sealed text in such a field, in either alphabet; empty where there is none."""
    if not text.startswith(PREFIX_IN_BASE64):
        return ""
    try:
        found = base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""
    return found if found.startswith(PREFIX) else ""


class Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    """A request without sealed texts: what was for the model that serves is open, and `removed` others are gone."""

    ask: Ask
    removed: int


def unseal(ask: Ask, cipher: Cipher, serving: Serving) -> Unsealed:
    """Open what is meant for the model that serves, and take out what is not. A turn that nothing is left of goes, too."""
    removed = 0
    turns: list[Turn] = []
    for turn in ask.turns:
        blocks: list[Block] = []
        for block in turn.blocks:
            if isinstance(block, Reasoning | Call) and block.sealed:
                native = opened(block.sealed, cipher, serving)
                removed += native is None
                if native is None and isinstance(block, Reasoning):
                    continue
                blocks.append(msgspec.structs.replace(block, sealed="", native=native, raw=None))
            else:
                blocks.append(block)
        if blocks or not turn.blocks:
            turns.append(msgspec.structs.replace(turn, blocks=tuple(blocks)))
    return Unsealed(ask=msgspec.structs.replace(ask, turns=tuple(turns)), removed=removed)


def without_reasoning(ask: Ask) -> Ask:
    """The request without any reasoning, for the one more try after a provider refused some."""
    turns: list[Turn] = []
    for turn in ask.turns:
        blocks = tuple(
            msgspec.structs.replace(block, sealed="", native=None) if isinstance(block, Call) else block
            for block in turn.blocks
            if not isinstance(block, Reasoning)
        )
        if blocks or not turn.blocks:
            turns.append(msgspec.structs.replace(turn, blocks=blocks))
    return msgspec.structs.replace(ask, turns=tuple(turns))


def refused_reasoning(failure: Failure) -> bool:
    """Whether a provider refused reasoning that came back to it: made by another account or model, or for another conversation."""
    if failure.status not in (400, 422):
        return False
    return failure.code == "invalid_encrypted_content" or _REFUSED.search(failure.message) is not None


def holds_reasoning(ask: Ask) -> bool:
    """Whether the request carries reasoning that a provider may refuse, also with its calls."""
    blocks = (block for turn in ask.turns for block in turn.blocks)
    return any(isinstance(block, Reasoning) or (isinstance(block, Call) and bool(block.native)) for block in blocks)


def holds_sealed(ask: Ask) -> bool:
    """Whether a request carries sealed reasoning."""
    return any(
        isinstance(block, Reasoning | Call) and bool(block.sealed) for turn in ask.turns for block in turn.blocks
    )
