"""What an OpenAI stream says beside its text and calls, put together again, so that a stored answer has all of it."""

from typing import Any

import msgspec

from services.gateway.translate.fields import BROKEN

# Read by the stream itself, or made anew with every delivery.
_CHUNK = frozenset("id object created model choices usage error obfuscation x_groq".split())
_CHOICE = frozenset("index delta finish_reason logprobs usage".split())
_DELTA = frozenset("role content refusal reasoning_content tool_calls".split())
_CALL = frozenset("index id type function extra_content".split())
# Each chunk brings whole items of these lists.
LISTED = ("annotations", "images", "thinking_blocks")
_PIECES = "reasoning"


class Besides:
    """Fields of chunks, choices and deltas that only some servers send. `whole` is false once one of them came that nobody here
    can put together: such an answer is not stored.
    """

    def __init__(self) -> None:
        self.whole = True
        self._answer: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._message: dict[str, Any] = {}
        self._logprobs: dict[str, list[Any]] = {}

    def read(self, chunk: bytes) -> dict[str, Any] | None:
        """Take in what one chunk says, and return it decoded; None once that serves nothing any more. The chunk has been
        mended, but for what only few servers send.
        """
        if not self.whole:
            return None
        try:
            found: dict[str, Any] = msgspec.json.decode(chunk)
        except BROKEN:
            self.whole = False
            return None
        self._answer.update(_said(found, _CHUNK))
        for choice in found.get("choices") or ():
            for name, value in _said(choice, _CHOICE).items():
                self._choice[name] = value
                # Pieces of a list or the whole list: only the server knows.
                self.whole = self.whole and not isinstance(value, list)
            self._read_logprobs(choice.get("logprobs") or {})
            self._read_delta(choice.get("delta") or {})
        return found

    def add_to(self, answer: dict[str, Any]) -> None:
        """Give a `chat.completion` with one choice what was said beside its text."""
        answer.update(self._answer)
        choice = answer["choices"][0]
        choice.update(self._choice)
        choice["message"].update(self._message)
        if self._logprobs:
            choice["logprobs"] = {"content": None, "refusal": None, **self._logprobs}

    def _read_logprobs(self, logprobs: Any) -> None:
        if not isinstance(logprobs, dict):
            self.whole = False
            return
        for name, tokens in logprobs.items():
            if isinstance(tokens, list):
                self._logprobs.setdefault(name, []).extend(tokens)
            elif tokens is not None:
                self.whole = False

    def _read_delta(self, delta: dict[str, Any]) -> None:
        for name, value in _said(delta, _DELTA).items():
            if name in LISTED and isinstance(value, list):
                items = [_unnumbered(item) for item in value]
                self._message[name] = [*self._message.get(name, ()), *items]
            elif name == _PIECES and isinstance(value, str):
                self._message[name] = self._message.get(name, "") + value
            else:
                self.whole = False
        self.whole = self.whole and not any(_said(call, _CALL) for call in delta.get("tool_calls") or ())


def _said(found: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in known and value not in (None, "", [], {})}


def _unnumbered(item: Any) -> Any:
    """Items of a stream carry their place, those of a whole answer stand in it."""
    return {name: value for name, value in item.items() if name != "index"} if isinstance(item, dict) else item
