"""What OpenAI's Responses API refuses."""

import re
from typing import Any

from tests.fake_provider import wire_responses
from tests.fake_provider.rules import RULES, Sent, family, refuse

_FIELDS = frozenset(
    """
    background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model
    moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
    reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs
    top_p truncation user client_metadata
    """.split()
)
_OUTPUT_OF = {
    "function_call_output": "function_call",
    "custom_tool_call_output": "custom_tool_call",
    "local_shell_call_output": "local_shell_call",
    "apply_patch_call_output": "apply_patch_call",
    "shell_call_output": "shell_call",
    "tool_search_output": "tool_search_call",
}
_OTHER = {"message", "reasoning", "item_reference", "additional_tools", "compaction", "web_search_call", None}
_PARTS = {
    "user": {"input_text", "input_image", "input_file"},
    "system": {"input_text", "input_image", "input_file"},
    "developer": {"input_text", "input_image", "input_file"},
    "assistant": {"output_text", "refusal"},
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check(sent: Sent) -> None:
    """Raises `Refused` for the first thing that is wrong."""
    body = sent.body
    for name in body:
        if name not in _FIELDS:
            refuse(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    if (own := family("openai", sent.model)) is None and not re.search(RULES["openai"]["responses_only"], sent.model):
        refuse(f"The requested model '{sent.model}' does not exist.", status=400, code="model_not_found", param="model")
    limit = body.get("max_output_tokens")
    if limit is not None and limit < 16:
        message = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {limit} instead."
        refuse(message, code="integer_below_min_value", param="max_output_tokens")
    if own is not None and limit is not None and limit > own["max_output"]:
        refuse(f"max_output_tokens is too large: {limit}.", code="invalid_value", param="max_output_tokens")
    if own is not None and "default_effort" in own and (body.get("reasoning") or {}).get("effort") != "none":
        for name in ("temperature", "top_p"):
            if body.get(name) is not None and own["default_effort"] != "none":
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                refuse(message, code="unsupported_parameter", param=name)
    elif (body.get("reasoning") or {}).get("effort") is not None and (own is None or "default_effort" not in own):
        message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
        refuse(message, code="unsupported_parameter", param="reasoning.effort")
    _tools(body.get("tools") or [])
    _items(wire_responses.items(body))


def _tools(tools: list[dict[str, Any]]) -> None:
    if len(tools) > 128:
        refuse("Invalid 'tools': array too long. Expected an array with maximum length 128.", param="tools")
    for at, tool in enumerate(tools):
        if tool.get("type") in ("function", "custom") and not _NAME.fullmatch(tool.get("name", "")):
            message = f"Invalid 'tools[{at}].name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'."
            refuse(message, code="invalid_value", param=f"tools[{at}].name")
        if tool.get("type") == "function" and "parameters" not in tool:
            refuse(f"Missing required parameter: 'tools[{at}].parameters'.", param=f"tools[{at}].parameters")


def _items(items: list[dict[str, Any]]) -> None:
    if not items:
        refuse("Missing required parameter: 'input'.", code="missing_required_parameter", param="input")
    waiting: dict[str, str] = {}
    for at, item in enumerate(items):
        kind = item.get("type", "message" if "role" in item else None)
        if kind not in _OTHER and kind not in _OUTPUT_OF and kind not in _OUTPUT_OF.values():
            refuse(f"Invalid value: '{kind}'.", code="invalid_value", param=f"input[{at}]")
        if kind == "message":
            _message(item, at)
        elif kind == "reasoning":
            sealed = item.get("encrypted_content")
            if sealed is not None and not wire_responses.is_encrypted(sealed):
                refuse("The encrypted content could not be verified.", code="invalid_encrypted_content")
            following = items[at + 1].get("type", "message") if at + 1 < len(items) else None
            if following not in ("message", "reasoning", *_OUTPUT_OF.values()):
                message = (
                    f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item."
                )
                refuse(message, param="input")
        elif kind in _OUTPUT_OF.values():
            waiting[item["call_id"]] = str(kind)
        elif kind in _OUTPUT_OF and waiting.pop(item["call_id"], None) != _OUTPUT_OF[kind]:
            refuse(f"No tool call found for function call output with call_id {item['call_id']}.", param="input")
    if waiting:
        refuse(f"No tool output found for function call {next(iter(waiting))}.", param="input")


def _message(item: dict[str, Any], at: int) -> None:
    content = item.get("content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse("Invalid type for 'content'.", code="invalid_type", param=f"input[{at}].content")
    allowed = _PARTS.get(item.get("role", ""))
    if allowed is None:
        refuse(f"Invalid value: '{item.get('role')}'.", code="invalid_value", param=f"input[{at}].role")
    for n, part in enumerate(content):
        if part.get("type") not in allowed:
            values = ", ".join(sorted(allowed))
            message = f"Invalid value: '{part.get('type')}'. Supported values are: {values}."
            refuse(message, code="invalid_value", param=f"input[{at}].content[{n}]")
