"""What Google refuses in the contents of a conversation: roles, parts, and calls without responses or signatures."""

from collections.abc import Mapping
from typing import Any

from tests.fake_provider.answer import is_signature
from tests.fake_provider.rules import RULES, refuse, unknown_key

_SKIP = RULES["google"]["skip_signatures"]
_KINDS = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
_INNER = {
    "inlineData": "Blob",
    "fileData": "FileData",
    "functionCall": "FunctionCall",
    "functionResponse": "FunctionResponse",
}
_TURNS = "Please ensure that"


def known(kind: str, value: Mapping[str, Any], where: str) -> None:
    """Raises `Refused` for a key that an object of this kind does not have."""
    if (key := unknown_key("google", kind, value)) is not None:
        at = f" at '{where}'" if where else ""
        refuse(f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')


def check(body: dict[str, Any], own: dict[str, Any]) -> None:
    """Raises `Refused` for the first thing that is wrong."""
    contents = body.get("contents") or []
    if not contents:
        refuse("* GenerateContentRequest.contents: contents is not specified")
    if (system := body.get("systemInstruction")) is not None:
        _content(system, "system_instruction")
    for index, content in enumerate(contents):
        _content(content, f"contents[{index}]")
        if content.get("role", "user") not in ("user", "model"):
            refuse("Please use a valid role: user, model.")
    if contents[0].get("role", "user") != "user":
        refuse(f"{_TURNS} multiturn requests start with a user turn or after a function response turn.")
    _calls(contents)
    if "unsigned_calls" in own["refuses"]:
        _signed(contents)


def _content(content: dict[str, Any], where: str) -> None:
    known("Content", content, where)
    if not content.get("parts"):
        refuse(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for at, part in enumerate(content["parts"]):
        _part(part, f"{where}.parts[{at}]")


def _part(part: dict[str, Any], where: str) -> None:
    known("Part", part, where)
    kinds = [kind for kind in _KINDS if kind in part]
    if not kinds:
        refuse(f"* GenerateContentRequest.{where}.data: required oneof field 'data' must have one initialized field")
    if len(kinds) > 1:
        refuse(f"Invalid value at '{where}' (oneof), oneof field 'data' is already set. Cannot set '{kinds[1]}'")
    kind = kinds[0]
    if kind in _INNER:
        known(_INNER[kind], part[kind], f"{where}.{kind}")
    for outer, inner in (("functionCall", "args"), ("functionResponse", "response")):
        if kind == outer and not isinstance(part[outer].get(inner, {}), dict):
            refuse(f"Invalid value at '{where}.{outer}.{inner}' (type.googleapis.com/google.protobuf.Struct)")
    if kind == "inlineData" and "/" not in part[kind].get("mimeType", ""):
        refuse(f"* GenerateContentRequest.{where}.inline_data.mime_type: a valid MIME type is required.")
    signature = part.get("thoughtSignature")
    if signature is not None and signature not in _SKIP and not is_signature(signature):
        refuse("Thought signature is not valid.")


def _calls(contents: list[dict[str, Any]]) -> None:
    """Each turn of calls is followed by one of as many responses, in the same order."""
    asked: list[str] = []
    for content in contents:
        responses = [part["functionResponse"].get("name") for part in content["parts"] if "functionResponse" in part]
        if responses and not asked:
            refuse(f"{_TURNS} function response turn comes immediately after a function call turn.")
        if len(responses) != len(asked):
            refuse(
                f"{_TURNS} the number of function response parts is equal to the number of function call parts of the "
                "function call turn."
            )
        if responses != asked:
            refuse(f"{_TURNS} function response parts come in the order of the function call parts that they answer.")
        asked = [part["functionCall"].get("name") for part in content["parts"] if "functionCall" in part]
        if asked and content.get("role") != "model":
            refuse(f"{_TURNS} function call parts are in a model turn.")
    if asked:
        refuse(f"{_TURNS} every function call turn is followed by a function response turn.")


def _signed(contents: list[dict[str, Any]]) -> None:
    """The first call of every turn carries the signature of the thought that led to it."""
    for index, content in enumerate(contents):
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls and "thoughtSignature" not in calls[0]:
            refuse(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
                "correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
                f"function call `{calls[0]['functionCall'].get('name')}`, position {index + 1}."
            )
