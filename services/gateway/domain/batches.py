"""What a batch is to the pipeline: a provider's own format is declared with the provider."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from libs.common.contracts.auth import ProviderKey


class BatchCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call to a provider about batches. `path` stands below the provider's base address, with its query."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


class BatchState(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as its provider shows it. `results` are the paths of what it has answered so far; `name` is ours, where the provider
    keeps it; `made_ms` is when it was made, in ms since the epoch, and `size` how many requests it has, where that is said.
    "refused": nothing of it was done, and nothing is billed.
    """

    id: str
    status: Literal["running", "ended", "refused"]
    results: tuple[str, ...] = ()
    name: str | None = None
    made_ms: int = 0
    size: int | None = None


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request. `body` is the answer or the error as the endpoint itself would have sent it, with its `status`;
    0: the provider did not come to it, and bills nothing.
    """

    custom_id: str
    status: int
    body: bytes = b""


class BatchFormat(Protocol):
    """A provider's batches. `surfaces` are its APIs that have them; a batch has at most `most_requests` and `most_bytes`. `names` says
    that the provider keeps our name with a batch.
    """

    names: bool
    surfaces: frozenset[str]
    most_requests: int
    most_bytes: int

    def line(self, custom_id: str, surface: str, body: bytes) -> bytes:
        """One request, as it stands in a batch."""
        ...

    def upload(self, lines: Sequence[bytes], name: str) -> BatchCall | None:
        """The call that uploads the requests; None where they stand in the next call. `name` is ours for the batch."""
        ...

    def create(
        self, surface: str, lines: Sequence[bytes], uploaded: str | None, name: str, headers: Mapping[str, str]
    ) -> BatchCall:
        """The call that makes a batch. `uploaded` is the id that the upload was given; `headers` are the requests'."""
        ...

    def look(self, batch_id: str) -> BatchCall:
        """The call that shows a batch."""
        ...

    def cancel(self, batch_id: str) -> BatchCall:
        """The call that ends a batch early; what was done is billed."""
        ...

    def recent(self, after: str | None) -> BatchCall:
        """The call that lists batches, the newest first, those that come after one in this order."""
        ...

    def leftovers(self, uploaded: str | None, state: BatchState | None) -> tuple[BatchCall, ...]:
        """The calls that remove what a batch that is over has left behind."""
        ...

    def made(self, answer: bytes) -> str:
        """The id in the answer to an upload; `Failure` where there is none."""
        ...

    def state(self, answer: bytes) -> BatchState:
        """A batch as an answer shows it; `Failure` where it shows none."""
        ...

    def states(self, answer: bytes) -> list[BatchState]:
        """The batches of a list; `Failure` where it is none."""
        ...

    def result(self, line: bytes) -> BatchResult | None:
        """One line of the results; None for one that cannot be read."""
        ...


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What requests have in common that can go out in one batch."""

    org_id: str
    key: ProviderKey
    surface: str
    model: str
    headers: Mapping[str, str] = {}

    @property
    def digest(self) -> str:
        """A name for it, of letters and digits."""
        said = [self.org_id, self.key.id, self.key.sealed, self.key.base_url, self.surface, self.model]
        whole = msgspec.json.encode([*said, sorted(self.headers.items())])
        return hashlib.blake2b(whole, digest_size=12).hexdigest()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of ours. Times are ms since the epoch.

    "new": nothing was sent. "submitting": since `since_ms` it may be at the provider, which was not heard to say so. "submitted": it
    is there, as `batch_id`. "refused": the provider takes no such batch, and its requests are answered one by one. `deadline_ms` is the
    earliest of its requests'; `cancelled` says that the provider was asked to end it.
    """

    name: str
    group: Group
    ids: tuple[str, ...]
    deadline_ms: int
    state: Literal["new", "submitting", "submitted", "refused"] = "new"
    since_ms: int = 0
    uploaded: str | None = None
    batch_id: str | None = None
    cancelled: bool = False


class BatchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """When a batch goes out: with so many requests or bytes, or when the oldest has waited `wait_seconds`. It is looked at every
    `look_seconds`. After `lease_seconds` another gateway goes on with the work of one that is gone, and a submission that was not heard
    to succeed is looked for.
    """

    requests: int
    bytes: int
    wait_seconds: float
    look_seconds: float
    lease_seconds: float


def ms_of(said: object) -> int:
    """A moment as providers write it (ISO 8601), in ms since the epoch; 0 for what is none."""
    try:
        when = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        when = None
    if when is None:
        return 0
    return int((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp() * 1000)
