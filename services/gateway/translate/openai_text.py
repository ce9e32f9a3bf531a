"""What the choices of a stream have said so far, piece by piece."""

from collections.abc import Iterable

from services.gateway.translate.openai_template import text_in


class Text:
    """A text in pieces, some of them still as JSON: those are decoded when somebody reads the text."""

    __slots__ = ("_encoded", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._encoded: list[bytes] = []

    def __bool__(self) -> bool:
        return bool(self._pieces or self._encoded)

    def add(self, piece: str) -> None:
        """Add a piece."""
        if self._encoded:
            self._decode()
        self._pieces.append(piece)

    def add_encoded(self, pieces: Iterable[bytes]) -> None:
        """Add insides of JSON strings."""
        self._encoded += filter(None, pieces)

    def __str__(self) -> str:
        if self._encoded:
            self._decode()
        return "".join(self._pieces)

    def _decode(self) -> None:
        self._pieces.append(text_in(self._encoded))
        self._encoded = []


class ChoiceText:
    """What one choice has said so far."""

    def __init__(self) -> None:
        self.texts = Text()
        self.refusals: list[str] = []
        self.reasoning = Text()
        self.function: dict[str, list[str]] = {"name": [], "arguments": []}
