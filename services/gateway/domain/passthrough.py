"""Calls that are passed through to the provider and metered: which ones there are, and what each of them needs.

A path is matched whole and made anew of the ids in it, so that nothing else of a client's path ever goes out.
"""

import re
from typing import Final, Literal

import msgspec

from libs.common.catalog.units import UnitKind
from services.gateway.domain.request import Envelope

ModelIn = Literal["json", "multipart", "either"]
# "creates": the answer names an object that is the caller's from then on; "uses": an id in the path has to be the caller's;
# "deletes": and is nobody's afterwards; "lists": the answer shows all that there is under the provider's key.
Binding = Literal["creates", "uses", "deletes", "lists"]
_ID: Final = r"([A-Za-z0-9_-]{1,128})"
_MIB: Final = 1 << 20


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `path` has `{id}` where an object's id stands; `model` says where the model is named, None: nowhere.

    `billed` is the kind of the models that it is billed by, None for a call that costs nothing; `limit` is the largest body in
    bytes.
    """

    method: str
    path: str
    model: ModelIn | None = None
    billed: UnitKind | None = None
    binding: Binding | None = None
    limit: int = 10 * _MIB

    @property
    def name(self) -> str:
        """What stands in the request log where a call names no model."""
        return self.path.split("/")[2]

    @property
    def describes(self) -> bool:
        """Whether the answer describes an object, and is read for what it says of it."""
        return self.binding in ("creates", "uses", "deletes") and not self.path.endswith("/content")

    def made(self, ids: tuple[str, ...]) -> str:
        """The path without the version, with the ids in their places."""
        path = self.path.removeprefix("/v1")
        for one in ids:
            path = path.replace("{id}", one, 1)
        return path


class PassthroughEnvelope(Envelope, frozen=True, kw_only=True):
    """A call that is passed through: its body is not in `raw`, for it may be larger than what is read at once."""

    operation: Operation


OPERATIONS: Final = (
    Operation(method="POST", path="/v1/moderations", model="json", billed="moderation"),
    Operation(method="POST", path="/v1/images/generations", model="json", billed="image"),
    Operation(method="POST", path="/v1/images/edits", model="either", billed="image", limit=256 * _MIB),
    Operation(method="POST", path="/v1/images/variations", model="multipart", billed="image", limit=64 * _MIB),
    Operation(
        method="POST", path="/v1/audio/transcriptions", model="multipart", billed="transcription", limit=64 * _MIB
    ),
    Operation(method="POST", path="/v1/audio/translations", model="multipart", billed="transcription", limit=64 * _MIB),
    Operation(method="POST", path="/v1/audio/speech", model="json", billed="speech"),
    Operation(method="POST", path="/v1/files", binding="creates", limit=520 * _MIB),
    Operation(method="GET", path="/v1/files", binding="lists"),
    Operation(method="GET", path="/v1/files/{id}", binding="uses"),
    Operation(method="GET", path="/v1/files/{id}/content", binding="uses"),
    Operation(method="DELETE", path="/v1/files/{id}", binding="deletes"),
    Operation(method="POST", path="/v1/uploads", binding="creates"),
    Operation(method="POST", path="/v1/uploads/{id}/parts", binding="uses", limit=65 * _MIB),
    Operation(method="POST", path="/v1/uploads/{id}/complete", binding="uses"),
    Operation(method="POST", path="/v1/uploads/{id}/cancel", binding="uses"),
    Operation(method="POST", path="/v1/batches", binding="creates"),
    Operation(method="GET", path="/v1/batches", binding="lists"),
    Operation(method="GET", path="/v1/batches/{id}", binding="uses"),
    Operation(method="POST", path="/v1/batches/{id}/cancel", binding="uses"),
)
LARGEST: Final = max(operation.limit for operation in OPERATIONS)
_PATTERNS: Final = tuple(
    (re.compile(re.escape(operation.path).replace(r"\{id\}", _ID)), operation) for operation in OPERATIONS
)


def find(method: str, path: str) -> tuple[Operation, tuple[str, ...]] | None:
    """The call at a path as it stands in the request line, and the ids in it; None: there is none."""
    for pattern, operation in _PATTERNS:
        if operation.method == method and (found := pattern.fullmatch(path)) is not None:
            return operation, found.groups()
    return None


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose an object at a provider is: the organization, the key that made it, and the provider key that it lies under.

    `made_ms` is when, in ms since the epoch; `charged` says that a batch's cost is recorded.
    """

    org_id: str
    key_id: str
    provider_key: str
    made_ms: int
    user_id: str | None = None
    charged: bool = False
