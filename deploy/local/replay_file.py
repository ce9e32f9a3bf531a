"""Reads requests that were sent before: one JSON object a line, in the forms in which people have them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
_PATHS = (CHAT, MESSAGES, RESPONSES)
# Fields of a log's row that belong to a request.
_FIELDS = "model messages tools temperature max_tokens response_format tool_choice system".split()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is sent again: where to, its body, and what is known of its answer. `why` says why it cannot be sent."""

    number: int
    path: str = ""
    body: Mapping[str, Any] = {}
    content: str | None = None
    completion_tokens: int | None = None
    why: str | None = None


def read(file: Path) -> Iterator[Line]:
    """The lines of a file: OpenAI's and Anthropic's requests by themselves, as `request` and `response`, OpenAI's batch files, and
    LiteLLM's spend log.
    """
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, text in enumerate(lines, start=1):
            if text.strip():
                yield _line(number, text)


def _line(number: int, text: str) -> Line:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return Line(number=number, why="no JSON")
    if not isinstance(row, dict):
        return Line(number=number, why="no JSON object")
    body, answer = _request_of(row), _parsed(row.get("response") or row.get("response_body"))
    path = row["url"] if row.get("url") in _PATHS else _path_of(body)
    if path is None or not isinstance(body.get("model"), str):
        return Line(number=number, why="no request with a model and messages")
    body = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
    answer = answer if isinstance(answer, dict) else {}
    return Line(
        number=number, path=path, body=body, content=_content(answer), completion_tokens=_completion(row, answer)
    )


def _request_of(row: dict[str, Any]) -> dict[str, Any]:
    asked = _parsed(row.get("proxy_server_request"))
    nested = [row.get("request"), row.get("body"), asked.get("body") if isinstance(asked, dict) else None]
    for found in map(_parsed, nested):
        if isinstance(found, dict) and ("messages" in found or "input" in found):
            return found
    if "spend" in row or "call_type" in row:
        parsed = {name: _parsed(row[name]) for name in _FIELDS if row.get(name) not in (None, "", "{}")}
        return {**parsed, "model": row.get("model")}
    return row


def _path_of(body: Mapping[str, Any]) -> str | None:
    messages, asked = body.get("messages"), body.get("input")
    if isinstance(messages, list) and messages:
        tools = body.get("tools")
        tool = tools[0] if isinstance(tools, list) and tools and isinstance(tools[0], dict) else {}
        return MESSAGES if "system" in body or "input_schema" in tool else CHAT
    return RESPONSES if asked and "embedding" not in str(body.get("model")) else None


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _content(answer: Mapping[str, Any]) -> str | None:
    match answer:
        case {"choices": [{"message": {"content": str(said)}}, *_]}:
            return said
        case {"content": [*blocks]}:
            return "".join(block.get("text") or "" for block in blocks if isinstance(block, dict)) or None
        case {"output_text": str(said)}:
            return said
    return None


def _completion(row: Mapping[str, Any], answer: Mapping[str, Any]) -> int | None:
    usage = answer.get("usage")
    found = usage if isinstance(usage, dict) else {}
    for count in (found.get("completion_tokens"), found.get("output_tokens"), row.get("completion_tokens")):
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            return count
    return None
