"""What Anthropic's Messages API refuses in a request's parameters; its turns are looked at in `strict_turns`."""

import re
from typing import Any

from tests.fake_provider import meter, strict_turns
from tests.fake_provider.rules import RULES, Sent, family, refuse
from tests.fake_provider.strict_turns import known

_OWN: dict[str, Any] = RULES["anthropic"]
_KINDS = ("adaptive", "enabled", "disabled", "between_tools")


def check(sent: Sent) -> None:
    """Raises `Refused` for the first thing that is wrong."""
    body, version = sent.body, sent.headers.get("anthropic-version")
    if version is None:
        refuse("anthropic-version: header is required")
    if version not in _OWN["versions"]:
        refuse(f'anthropic-version: "{version}" is not a valid version')
    for name in ("model", "messages", "max_tokens"):
        if name not in body:
            refuse(f"{name}: Field required")
    known("request", body, "")
    if (own := family("anthropic", sent.model)) is None:
        refuse(f"model: {sent.model}", status=404)
    newest = version == _OWN["strict_version"]
    _max_tokens(body, sent.model, own)
    _thinking(body, own)
    _sampling(body, own, newest=newest)
    _tools(body, own)
    _output(body)
    _cache_marks(body)
    strict_turns.check(body, own, newest=newest)
    counted = meter.count_texts(sent.model, body.get("system"), body["messages"], body.get("tools"))
    if counted > own["max_input"]:
        refuse(f"prompt is too long: {counted} tokens > {own['max_input']} maximum")


def _max_tokens(body: dict[str, Any], model: str, own: dict[str, Any]) -> None:
    value = body["max_tokens"]
    if not isinstance(value, int) or isinstance(value, bool):
        refuse("max_tokens: Input should be a valid integer")
    if value < 0:
        refuse("max_tokens: Input should be greater than or equal to 0")
    if value > own["max_output"]:
        refuse(
            f"max_tokens: {value} > {own['max_output']}, which is the maximum allowed number of output tokens for {model}"
        )


def _thinking(body: dict[str, Any], own: dict[str, Any]) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking["type"]
    if kind not in _KINDS:
        refuse(f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    known(f"thinking.{kind}", thinking, f"thinking.{kind}.")
    if kind == "disabled" and "disabled" in own.get("refuses", ()):
        refuse('"thinking.type.disabled" is not supported for this model.')
    if kind == "adaptive" and "adaptive" in own.get("refuses", ()):
        refuse("adaptive thinking is not supported on this model")
    if kind == "enabled":
        if "budget" in own.get("refuses", ()):
            refuse(
                '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
                '"output_config.effort" to control thinking behavior.'
            )
        if "budget_tokens" not in thinking:
            refuse("thinking.enabled.budget_tokens: Field required")
        if thinking["budget_tokens"] < _OWN["min_thinking_budget"]:
            refuse(
                f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_OWN['min_thinking_budget']}"
            )
        if thinking["budget_tokens"] >= body["max_tokens"]:
            refuse("`max_tokens` must be greater than `thinking.budget_tokens`.")


def thinks(body: dict[str, Any]) -> bool:
    """Whether a request turns thinking on."""
    return (body.get("thinking") or {}).get("type") in ("adaptive", "enabled")


def _sampling(body: dict[str, Any], own: dict[str, Any], *, newest: bool) -> None:
    for name in _OWN["sampling"]:
        if name in body and newest:
            refuse(f"{name}: Extra inputs are not permitted")
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 1:
        refuse("temperature: range: 0..1")
    if "sampling" in own.get("refuses", ()):
        for name in _OWN["sampling"]:
            if body.get(name) is not None and (name != "temperature" or temperature != 1):
                refuse(f"`{name}` is not supported for this model.")
    elif temperature is not None and body.get("top_p") is not None:
        refuse("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if thinks(body):
        if temperature not in (None, 1):
            refuse("`temperature` may only be set to 1 when thinking is enabled.")
        if body.get("top_k") is not None:
            refuse("`top_k` must be unset when thinking is enabled.")
    for text in body.get("stop_sequences") or ():
        if not text.strip():
            refuse("stop_sequences: each stop sequence must contain non-whitespace")


def _tools(body: dict[str, Any], own: dict[str, Any]) -> None:
    tools = body.get("tools") or []
    for index, tool in enumerate(tools):
        if tool.get("type", "custom") != "custom":
            continue  # the provider's own tools have keys of their own
        where = f"tools.{index}.custom."
        known("tool", tool, where)
        for name in ("name", "input_schema"):
            if name not in tool:
                refuse(f"{where}{name}: Field required")
        if not re.fullmatch(_OWN["tool_name"], tool["name"]):
            refuse(f"{where}name: String should match pattern '^{_OWN['tool_name']}$'")
        if tool["input_schema"].get("type") != "object":
            refuse(f"{where}input_schema.type: Input should be 'object'")
    names = [tool.get("name") for tool in tools]
    if len({*names}) < len(names):
        refuse("tools: Tool names must be unique.")
    if (choice := body.get("tool_choice")) is None:
        return
    kind = choice["type"]
    if kind not in ("auto", "any", "tool", "none"):
        refuse(f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    known(f"tool_choice.{kind}", choice, f"tool_choice.{kind}.")
    if not tools:
        refuse("tool_choice: may only be specified while providing tools.")
    if kind == "tool" and choice.get("name") not in names:
        refuse(f"Tool '{choice.get('name')}' not found in provided tools")
    if kind in ("any", "tool"):
        if "forced_tool" in own.get("refuses", ()):
            refuse(f'tool_choice: forced tool use ("{kind}") is not supported for this model.')
        if thinks(body):
            refuse("Thinking may not be enabled when tool_choice forces tool use.")


def _output(body: dict[str, Any]) -> None:
    config = body.get("output_config") or {}
    known("output_config", config, "output_config.")
    if config.get("effort") not in (None, *_OWN["efforts"]):
        refuse(f"output_config.effort: Input should be {', '.join(map(repr, _OWN['efforts']))}")
    if (wanted := config.get("format")) is not None:
        known("format", wanted, "output_config.format.")
        if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
            refuse("output_config.format.schema: Field required")
    known("metadata", body.get("metadata") or {}, "metadata.")


def _cache_marks(body: dict[str, Any]) -> None:
    marks = [body["cache_control"]] if body.get("cache_control") else []
    blocks: list[Any] = list(body.get("tools") or [])
    for content in (body.get("system"), *(message.get("content") for message in body["messages"])):
        blocks += content if isinstance(content, list) else []
    for block in list(blocks):
        if block.get("type") == "tool_result" and isinstance(block.get("content"), list):
            blocks += block["content"]
    marks += [block["cache_control"] for block in blocks if block.get("cache_control")]
    for mark in marks:
        known("cache_control", mark, "cache_control.")
        if mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in ("5m", "1h"):
            refuse("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    if len(marks) > _OWN["max_cache_control"]:
        refuse(
            f"A maximum of {_OWN['max_cache_control']} blocks with cache_control may be provided. Found {len(marks)}."
        )
