"""What each wire format has to provide, and what a request comes to once its format is known."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from tests.fake_provider.answer import Answer
from tests.fake_provider.script import Step


class Event(NamedTuple):
    """One event of a stream: its data, and its name where the format names events."""

    data: bytes
    name: str = ""


class Format(Protocol):
    """A provider's wire format; the modules `wire_*` are the three."""

    PROVIDER: str

    def key(self, headers: Mapping[str, str]) -> str:
        """The API key that a request carries; empty for none."""
        ...

    def refusal(self, key: str) -> Step:
        """The error for a missing key, or for one that is wrong."""
        ...

    def headers(self, number: int, step: Step) -> dict[str, str]:
        """The headers of every answer."""
        ...

    def error(self, status: int, step: Step, number: int) -> bytes:
        """The body of an error."""
        ...

    def error_event(self, step: Step, number: int) -> Event:
        """The error that ends a stream which had begun."""
        ...

    def read(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request's body under the names that the format documents."""
        ...

    def count(self, model: str, body: dict[str, Any]) -> int:
        """The prompt tokens of a request."""
        ...

    def last(self, body: dict[str, Any]) -> Any:
        """What the client said last."""
        ...

    def signatures(self, body: dict[str, Any]) -> list[str]:
        """The signatures that came back in the history."""
        ...

    def whole(self, answer: Answer) -> bytes:
        """A plain answer."""
        ...

    def events(self, answer: Answer, body: dict[str, Any]) -> list[Event]:
        """The events of a streamed answer, to the last."""
        ...

    def models(self, names: list[str]) -> bytes:
        """The list of models."""
        ...
