"""A request body decoded one level deep, once: what the gateway has to know before it knows who will serve."""

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import BadRequest
from services.gateway.domain import request
from services.gateway.domain.json_depth import MAX_DEPTH, too_deep
from services.gateway.formats.json_fields import encode
from services.gateway.translate.anthropic_content import unusable

_BROKEN = (*DECODE_ERRORS, RecursionError)
_top = msgspec.json.Decoder(dict[str, Raw])
_KEY = re.compile(rb'\s*+("(?:[^"\\]++|\\.)*+")\s*+:\s*+', re.DOTALL)
_COMMA = re.compile(rb"\s*+[,}]")

# What a search for bytes finds in a conversation or in tools. A false find only turns a lever off.
_MARKS: Mapping[str, tuple[bytes, ...]] = {
    "thinking": (b'"thinking"', b'"redacted_thinking"', b'"thoughtSignature"', b'"thought_signature"', b'"reasoning"'),
    "tool_result": (b'"tool_result"', b'_output"', b'"functionResponse"', b'"function_response"'),
    "cache_control": (b'"cache_control"', b'"prompt_cache_breakpoint"'),
    "sealed": (b'"pr1.', b'"cHIxL'),
    "file_id": (b'"file_id"', b'"container_upload"', b'"fileUri":"files/', b'"fileUri": "files/'),
    "media": (
        b'"image"',
        b'"input_image"',
        b'"document"',
        b'"input_file"',
        b'"inlineData"',
        b'"inline_data"',
        b'"fileData"',
    ),
    "hosted": (
        b'"server_tool_use"',
        b'"web_search',
        b'"web_fetch',
        b'"code_execution',
        b'"code_interpreter"',
        b'"file_search"',
        b'"mcp',
        b'"computer',
        b'"image_generation"',
        b'"googleSearch"',
        b'"codeExecution"',
        b'"urlContext"',
    ),
    "compaction": (b'"compaction"',),
    "item_reference": (b'"item_reference"',),
}


class Envelope(request.Envelope, frozen=True, kw_only=True):
    """A body and its head. `flags` are names of `_MARKS` that occur in the conversation or the tools, and those of fields that bind
    the request to a provider (see each endpoint's `head`). `headers` (lower-case, without credentials) and `query` are what may be
    forwarded of the rest of the request.
    """

    headers: Mapping[str, str] = {}
    query: str = ""


def top_level(body: bytes) -> dict[str, Raw]:
    """The body's fields, undecoded. `BadRequest` for what is no JSON object, or is nested more than `MAX_DEPTH` levels below one
    of its fields.
    """
    try:
        top = _top.decode(body)
    except msgspec.ValidationError:
        raise BadRequest("The body must be a JSON object.", code="invalid_json") from None
    except _BROKEN:
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None
    for name, value in top.items():
        if too_deep(bytes(value)):
            raise unusable(name, f"is nested deeper than {MAX_DEPTH} levels.")
    return top


def flags(values: Iterable[Raw]) -> frozenset[str]:
    """What occurs in these values, by a search for bytes."""
    texts = [bytes(value) for value in values]
    return frozenset(name for name, marks in _MARKS.items() if any(mark in text for text in texts for mark in marks))


def with_field(body: bytes, top: Mapping[str, Raw], name: str, value: Raw) -> bytes:
    """The body with one top-level value replaced, and every other byte as it came.

    `top` is the body as `top_level` read it. Only a body that has a key twice, or no such key, is encoded anew.
    """
    place = 0 if body[:1] == b"{" else body.index(b"{")
    for key, raw in top.items():
        found = _KEY.match(body, place + 1)
        content = bytes(raw)
        if found is None or not body.startswith(content, found.end()):
            break
        end = found.end() + len(content)
        if key == name:
            if not _only_once(body, top, found[1]):
                break
            return b"".join((body[: found.end()], bytes(value), body[end:]))
        comma = _COMMA.match(body, end)
        if comma is None:
            break
        place = comma.end() - 1
    return msgspec.json.encode({**top, name: value})


def with_model(envelope: Envelope, model: str) -> bytes:
    """The envelope's body for another model: only the value of `model` differs."""
    return with_field(envelope.raw, envelope.top, "model", encode(model))


def _only_once(body: bytes, top: Mapping[str, Raw], key: bytes) -> bool:
    """Whether the key stands in the body no more often than its values explain."""
    inside = sum(bytes(value).count(key) for value in top.values())
    return body.count(key) - inside == 1
