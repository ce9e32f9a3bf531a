"""Requests to put to Gemini's dialect."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.catalog import load
from services.gateway.translate.dialect import Asked, Kept, Outgoing
from services.gateway.translate.google import GOOGLE

OLD, NEW, NO_SAMPLING = "gemini-2.5-flash", "gemini-4-argon", "gemini-3.8-flash"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS, "strict": True}}


def ask(
    body: dict[str, Any], model: str = NEW, *, stream: bool = False, kept: Mapping[str, Kept] | None = None
) -> Outgoing:
    raw = msgspec.json.decode(json.dumps({"model": "x", "messages": HELLO, **body}), type=dict[str, msgspec.Raw])
    known = load().find(model)
    asked = Asked(raw=raw, messages=raw["messages"], model=model, known=known, stream=stream, kept=kept or {})
    return GOOGLE.request(asked)
