"""The message that a stream of Anthropic's says, as it would have come whole."""

from typing import Any

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.formats.frames import payloads

_GROWING = {"text_delta": "text", "thinking_delta": "thinking"}


def message_of(stream: bytes) -> bytes | None:
    """The whole message; None for a stream that broke off, or that holds something this does not know."""
    collected = _Message()
    try:
        for data in payloads(stream):
            if not collected.add(msgspec.json.decode(data)):
                return None
    except (*DECODE_ERRORS, KeyError, TypeError, AttributeError):
        return None
    return collected.encoded()


class _Message:
    def __init__(self) -> None:
        self._message: dict[str, Any] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, str], list[str]] = {}
        self._over = False

    def add(self, event: dict[str, Any]) -> bool:
        """Take in one event; False where it is none that is known."""
        match event["type"]:
            case "message_start":
                self._message = event["message"]
            case "content_block_start":
                self._blocks[event["index"]] = event["content_block"]
            case "content_block_delta":
                return self._grow(event["index"], event["delta"])
            case "message_delta":
                assert self._message is not None, "a message starts with its start"
                self._message |= event["delta"]
                used = {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
                self._message["usage"] = {**(self._message.get("usage") or {}), **used}
                others = {name: value for name, value in event.items() if name not in ("type", "delta", "usage")}
                self._message |= others
            case "message_stop":
                self._over = True
            case "content_block_stop" | "ping":
                pass
            case _:
                return False
        return True

    def encoded(self) -> bytes | None:
        """The message, once it is over."""
        if self._message is None or not self._over:
            return None
        for (index, field), texts in self._texts.items():
            said = "".join(texts)
            self._blocks[index][field] = Raw((said or "{}").encode()) if field == "input" else said
        content = [self._blocks[index] for index in sorted(self._blocks)]
        return msgspec.json.encode({**self._message, "content": content})

    def _grow(self, index: int, delta: dict[str, Any]) -> bool:
        block = self._blocks[index]
        match delta["type"]:
            case "text_delta" | "thinking_delta" as kind:
                field = _GROWING[kind]
                self._texts.setdefault((index, field), [block.get(field) or ""]).append(delta[field])
            case "input_json_delta":
                self._texts.setdefault((index, "input"), []).append(delta["partial_json"])
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
            case _:
                return False
        return True
