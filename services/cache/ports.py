"""What the cache needs of the outside: a store of points with two vectors each, and what makes the vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from libs.common.embedding.ports import Vectors

Payload = Mapping[str, Any]


class StoreDownError(Exception):
    """The vector store does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which points: always one organization's, perhaps only answers that live longer than a moment (ms); 0 means all answers,
    expired ones too, and None whatever is kept for the organization.
    """

    org_id: str
    alive_at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Whose entries may serve each other: one organization's of one scope. `key` stands for both, so that a search has one
    condition to check; no two rooms have the same.
    """

    org_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A point near the query by its static vector, with a part of its payload. `embedding` is None until the model has seen the entry."""

    point_id: str
    payload: Payload
    embedding: Vectors | None


class Points(Protocol):
    """A vector store. Ids are UUIDs as text. Every method raises `StoreDownError` where the store does not answer."""

    async def fetch(self, *point_ids: str) -> Mapping[str, Payload]:
        """The payloads of those points that are there, by id, whoever owns them: the caller checks."""
        ...

    async def nearest(
        self, static: Vectors, partition: Partition, *, limit: int, floor: float, fields: Sequence[str]
    ) -> Sequence[Match]:
        """The points of a partition nearest by static cosine, best first, none below `floor`, with these fields of their payload.
        Expired ones may be among them. Cosines may be off by a hundredth.
        """
        ...

    async def put(self, point_id: str, payload: Payload, static: Vectors | None) -> None:
        """Write a point, in the place of whatever had its id. It can be read when this returns."""
        ...

    async def put_many(self, points: Mapping[str, Payload]) -> None:
        """Write points without vectors, all at once; see `put`."""
        ...

    async def set_embedding(self, point_id: str, embedding: Vectors) -> None:
        """Add the model's vector to a point; nothing where the point has gone."""
        ...

    async def count(self, selector: Selector, *, semantic: bool = False) -> int:
        """How many points, exactly; with `semantic` only those that carry a static vector."""
        ...

    async def sizes(self, org_id: str | None = None) -> Mapping[str, int]:
        """The bytes of answers, expired ones too, of each organization or of one alone, as `BYTES` says in their payloads."""
        ...

    async def remove(self, point_id: str) -> None:
        """Remove one point at once; nothing where there is none."""
        ...

    async def delete(self, selector: Selector) -> None:
        """Remove points at once."""
        ...

    async def evict(self, selector: Selector, count: int) -> None:
        """Remove so many answers, those first that would expire first."""
        ...

    async def sweep(self, now_ms: int) -> None:
        """Remove what expired, of all organizations, and put the store's files in order. May take seconds."""
        ...

    async def ping(self) -> None:
        """Make sure that the store is there and its collection exists."""
        ...

    async def close(self) -> None:
        """Write what is unwritten and let go."""
        ...


class StaticEmbedder(Protocol):
    """Vectors of so many dimensions that cost next to nothing: good enough to say what is not near. `unknown` is the token of all
    that the model has no word for.
    """

    dimension: int
    unknown: int

    def tokens(self, text: str) -> Sequence[int]:
        """The text in the model's tokens, uncut."""
        ...

    def vector(self, tokens: Sequence[int]) -> Vectors:
        """Their direction, of length one; zeros for no tokens."""
        ...


class AsyncEmbedder(Protocol):
    """The model's vectors, to await."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text."""
        ...
