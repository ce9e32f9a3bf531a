"""What is kept of a response of the Responses API, and the ids under which it is found again."""

import re
from collections.abc import Mapping

import msgspec

SEGMENT_BYTES = 16 << 20
MAX_TURNS = 200
MAX_CHAIN_BYTES = 32 << 20
_OWN = re.compile(r"resp_([0-9a-f]{6})([0-9a-f]{32})")
_ITEM = re.compile(r"[a-z]{2,6}_([0-9a-f]{38})_[0-9]{1,6}")


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A response that was made here: what its request added to the conversation, and what it said. `input` and `output` are items;
    `head` is the response object without its output; `root` is the first response of its chain. `media` are digests of what lies
    beside it, and stands in its place behind `mark` (see `stored_media`).
    """

    id: str
    root: str
    model: str
    created: int
    head: msgspec.Raw
    input: tuple[msgspec.Raw, ...]
    output: tuple[msgspec.Raw, ...]
    parent: str | None = None
    mark: str = ""
    media: tuple[str, ...] = ()


class RoutingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Where a response lies that its provider stores: only that account can go on with it. Of one that is made in the background, whose
    cost is known later, the end user and the tags of its request are kept.
    """

    id: str
    provider_key_id: str
    model: str
    background: bool = False
    end_user: str | None = None
    tags: Mapping[str, str] = {}


Entry = StoredResponse | RoutingRecord
_NOTHING: Mapping[str, msgspec.Raw] = {}


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked up for a request, and the id that its response gets here. `earlier` are the items of the chain that the request
    goes on with (None: it goes on with none of ours), `stored` earlier items that it names by their ids. `elsewhere` is where its
    chain lies at a provider. `keeps`: a response that is made here can be kept.
    """

    response_id: str
    earlier: tuple[msgspec.Raw, ...] | None = None
    stored: Mapping[str, msgspec.Raw] = _NOTHING
    parent: str | None = None
    root: str | None = None
    elsewhere: RoutingRecord | None = None
    keeps: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether a provider knows only a part of this conversation, and has to be sent all of it."""
        return self.earlier is not None or bool(self.stored)


def response_id(segment: int, unique: str) -> str:
    """An id. `segment` says when it was made, counted in what its organization has stored; `unique` is 32 hex digits."""
    return f"resp_{segment & 0xFFFFFF:06x}{unique}"


def place(identity: str) -> tuple[str, str] | None:
    """The segment and the rest of an id that was made here; None for any other."""
    found = _OWN.fullmatch(identity)
    return None if found is None else (found[1], found[2])


def response_of_item(item_id: str) -> str | None:
    """The id of the response that an item belongs to; None for an item that no response of ours has."""
    found = _ITEM.fullmatch(item_id)
    return None if found is None else f"resp_{found[1]}"
