"""Google's own SDK as the judge of what may be sent: a body has to survive the way through its types unchanged."""

import base64
import json
from functools import cache
from typing import Any

from google.genai import Client, models, types

# Keys beside `generationConfig`, and what the SDK calls them.
BESIDE = {"systemInstruction": "system_instruction", "tools": "tools", "toolConfig": "tool_config"}


def accepted(body: bytes) -> dict[str, Any]:
    """The body as an object, having checked that the SDK would send the very same one.

    The SDK's types forbid keys that they do not know, and its converter raises for those that only Vertex has.
    """
    sent: dict[str, Any] = json.loads(body)
    config = {**sent.get("generationConfig", {}), **{ours: sent[name] for name, ours in BESIDE.items() if name in sent}}
    assert sent.keys() <= {"contents", "generationConfig", *BESIDE}
    parameters = types._GenerateContentParameters(
        model="gemini-2.5-flash",
        contents=[types.Content.model_validate_json(json.dumps(turn)) for turn in sent["contents"]],
        config=types.GenerateContentConfig.model_validate_json(json.dumps(config)),
    )
    again = models._GenerateContentParameters_to_mldev(_client(), parameters)
    again.pop("_url")
    assert _comparable(again) == _comparable(sent)
    return sent


def event(reply: dict[str, Any]) -> bytes:
    """A reply as Google's model of it writes it down, in an event."""
    written = types.GenerateContentResponse.model_validate_json(json.dumps(reply))
    return b"data: " + written.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\r\n\r\n"


@cache
def _client() -> Any:
    return Client(api_key="none")._api_client  # it opens no connection


def _comparable(value: Any, key: str = "") -> Any:
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, dict):
        found = {name: _comparable(inner, name) for name, inner in value.items()}
        # An empty configuration is the same as none.
        return {name: inner for name, inner in found.items() if not (name == "generationConfig" and inner == {})}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    if key == "thoughtSignature":
        return value if isinstance(value, bytes) else base64.urlsafe_b64decode(value)
    return value.lower() if key == "thinkingLevel" else value
