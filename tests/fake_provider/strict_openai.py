"""What OpenAI's chat completions refuse."""

import re
from typing import Any

from tests.fake_provider import meter
from tests.fake_provider.rules import RULES, Sent, family, refuse, unknown_key

_OWN: dict[str, Any] = RULES["openai"]
_ROLES = ("developer", "system", "user", "assistant", "tool", "function")
_RANGES = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}


def check(sent: Sent) -> None:
    """Raises `Refused` for the first thing that is wrong."""
    body = sent.body
    if (key := unknown_key("openai", "request", body)) is not None:
        refuse(f"Unknown parameter: '{key}'.", code="unknown_parameter", param=key)
    for name in ("model", "messages"):
        if name not in body:
            refuse(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)
    own = _family(sent.model)
    if not body["messages"]:
        refuse(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            code="empty_array",
            param="messages",
        )
    _values(body)
    _limits(body, own)
    if "default_effort" in own:
        _reasoning(body, own)
    elif body.get("reasoning_effort") is not None:
        _unsupported("reasoning_effort")
    _messages(body["messages"])
    if (counted := meter.prompt_tokens(body)) > own["max_input"]:
        refuse(
            f"This model's maximum context length is {own['max_input']} tokens. However, your messages resulted in "
            f"{counted} tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
            param="messages",
        )


def _family(model: str) -> dict[str, Any]:
    if re.search(_OWN["responses_only"], model):
        refuse(
            "This model is only supported in v1/responses and not in v1/chat/completions.", status=404, param="model"
        )
    if (own := family("openai", model)) is None:
        message = f"The model `{model}` does not exist or you do not have access to it."
        refuse(message, status=404, code="model_not_found")
    return own


def _values(body: dict[str, Any]) -> None:
    for name, (low, high) in _RANGES.items():
        value = body.get(name)
        if value is not None and not low <= value <= high:
            side = "below minimum" if value < low else "above maximum"
            refuse(
                f"Invalid '{name}': decimal {side} value.", code=f"decimal_{side.replace(' ', '_')}_value", param=name
            )
    if body.get("tools") == []:
        refuse(
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            code="empty_array",
            param="tools",
        )
    for index, tool in enumerate(body.get("tools") or ()):
        _tool(tool, f"tools[{index}]")
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not body.get("tools"):
            refuse(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", param=name)
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        refuse(message, param="stream_options")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        message = "'top_logprobs' is only allowed when 'logprobs' is enabled."
        refuse(message, param="top_logprobs")
    if isinstance(body.get("stop"), list) and len(body["stop"]) > 4:
        message = "Invalid 'stop': array too long. Expected an array with maximum length 4."
        refuse(message, code="array_above_max_length", param="stop")


def _tool(tool: dict[str, Any], where: str) -> None:
    kind = tool.get("type")
    if kind not in ("function", "custom"):
        refuse(f"Invalid value: '{kind}'.", code="invalid_value", param=f"{where}.type")
    if not re.fullmatch(_OWN["tool_name"], tool[kind]["name"]):
        refuse(
            f"Invalid '{where}.{kind}.name': string does not match pattern. Expected a string that matches the pattern "
            f"'^{_OWN['tool_name']}$'.",
            code="invalid_value",
            param=f"{where}.{kind}.name",
        )


def _limits(body: dict[str, Any], own: dict[str, Any]) -> None:
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        refuse(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", param="max_tokens"
        )
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is None:
            continue
        if value < 1:
            message = f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} instead."
            refuse(message, code="integer_below_min_value", param=name)
        if value > own["max_output"]:
            refuse(
                f"{name} is too large: {value}. This model supports at most {own['max_output']} completion tokens, "
                f"whereas you provided {value}.",
                code="invalid_value",
                param=name,
            )


def _reasoning(body: dict[str, Any], own: dict[str, Any]) -> None:
    effort = body.get("reasoning_effort") or own["default_effort"]
    if effort not in _OWN["efforts"] or effort in own["refused_efforts"]:
        message = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
        refuse(message, code="unsupported_value", param="reasoning_effort")
    if body.get("max_tokens") is not None:
        _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
    for name in _OWN["refused_when_reasoning"]:
        if body.get(name) is not None:
            _unsupported(name)
    if effort == "none":
        return
    for name in _OWN["needs_effort_none"]:
        value = body.get(name)
        if value is None:
            continue
        if name != "temperature":
            _unsupported(name)
        if value != 1:
            refuse(
                f"Unsupported value: 'temperature' does not support {value} with this model. Only the default (1) value "
                "is supported.",
                code="unsupported_value",
                param=name,
            )


def _unsupported(name: str, instead: str = "") -> None:
    message = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    refuse(message, code="unsupported_parameter", param=name)


def _messages(messages: list[dict[str, Any]]) -> None:
    open_ids: list[str] = []
    for index, message in enumerate(messages):
        where, role = f"messages[{index}]", message.get("role")
        if role not in _ROLES:
            refuse(f"Invalid value: '{role}'.", code="invalid_value", param=f"{where}.role")
        if role == "tool":
            if message.get("tool_call_id") not in open_ids:
                refuse(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'.",
                    param=f"{where}.role",
                )
            open_ids.remove(message["tool_call_id"])
            continue
        _answered(open_ids, where)
        calls = message.get("tool_calls") or []
        if message.get("content") is None and not (role == "assistant" and (calls or message.get("function_call"))):
            message_text = "Invalid value for 'content': expected a string, got null."
            refuse(message_text, param=f"{where}.content")
        open_ids = [call["id"] for call in calls]
        for at, identifier in enumerate(open_ids):
            if len(identifier) > _OWN["max_tool_call_id"]:
                name = f"{where}.tool_calls[{at}].id"
                refuse(
                    f"Invalid '{name}': string too long. Expected a string with maximum length "
                    f"{_OWN['max_tool_call_id']}, but got a string with length {len(identifier)} instead.",
                    code="string_above_max_length",
                    param=name,
                )
    _answered(open_ids, f"messages[{len(messages)}]")


def _answered(open_ids: list[str], where: str) -> None:
    if open_ids:
        refuse(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
            f"The following tool_call_ids did not have response messages: {', '.join(open_ids)}",
            param=f"{where}.role",
        )
