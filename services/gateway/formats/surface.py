"""What a provider's surface is to the pipeline: one value for each, whatever the provider."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from libs.common.catalog import Model
from services.gateway.domain.attempts import Failure
from services.gateway.domain.prefix_writes import Beginning
from services.gateway.formats.blocks import Answer, Ask, Surface
from services.gateway.formats.build import Built, Target
from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.peek import FramePeek, Seen

Headers = Mapping[str, str]


class Path(Protocol):
    """Where a request goes, below the provider's base URL."""

    def __call__(self, model: str, *, stream: bool) -> str: ...


class Read(Protocol):
    """Reads a whole answer. Raises `Failure`. `created` is in Unix seconds; `request_id` seeds ids that are missing."""

    def __call__(self, data: bytes, *, model: str, request_id: str, created: int) -> Answer: ...


class MakeReader(Protocol):
    """Makes a reader for one stream."""

    def __call__(self, *, model: str, request_id: str, created: int) -> StreamReader: ...


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """How a body says how much a model is to think: the value, and the fields that lead to it."""

    path: tuple[str, ...]
    value: str


class ProviderSurface(msgspec.Struct, frozen=True, kw_only=True):
    """One API of a provider's. `count_body` None: it counts no tokens, so they are estimated. `peek` and `seen` None: its answers are
    not forwarded as they come by these parts. `headers` picks what a client's own headers add to a request that is. `beginning` reads
    what a body begins with, where the provider caches that only if it is asked to; `takes_cache_key` says that it caches by itself and
    that requests with the same `prompt_cache_key` find each other. `slow_tier` is its name for a tier of service that
    costs less and takes longer, which the body's field `service_tier` asks for; empty: there is none. `less_effort` says how a model is
    asked to think one step less than it does by itself, None where it takes no such wish or what it does is not known; `takes_detail`
    that pictures are sent as OpenAI takes them, with the detail in which they are wanted.
    """

    name: Surface
    path: Path
    build: Callable[[Ask, Target], Built]
    read: Read
    reader: MakeReader
    failure: Callable[[int, Headers, bytes], Failure]
    count_path: Callable[[str], str] | None = None
    count_body: Callable[[Ask, Target], bytes] | None = None
    count: Callable[[bytes], int | None] | None = None
    peek: Callable[[], FramePeek] | None = None
    seen: Callable[[bytes], Seen] | None = None
    headers: Callable[[Headers], dict[str, str]] | None = None
    beginning: Callable[[bytes], Beginning | None] | None = None
    takes_cache_key: bool = False
    slow_tier: str = ""
    less_effort: Callable[[Model], Effort | None] | None = None
    takes_detail: bool = False


def counted(name: str) -> Callable[[bytes], int | None]:
    """Reads a count of tokens from the field of an answer; None where there is none, which is never zero."""

    def read(data: bytes) -> int | None:
        try:
            found = msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        value = found.get(name) if isinstance(found, dict) else None
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    return read
