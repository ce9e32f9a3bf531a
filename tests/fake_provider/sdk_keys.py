"""The keys that each SDK's own types know: `python -m tests.fake_provider.sdk_keys` writes them to `sdk_keys.json`."""

import json
from pathlib import Path
from typing import Any, get_args

from anthropic import types as anthropic
from anthropic.types import image_block_param
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai import types as google
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

PATH = Path(__file__).with_name("sdk_keys.json")

# Gone from the types, since the newest API version refuses them; the older one takes them.
_OLDER = {"temperature", "top_p", "top_k"}
# Sent as headers; and what only the other Google service, Vertex, has a field for.
_HEADERS = {"user_profile_id", "workspace_id"}
_VERTEX_ONLY = {
    "GenerationConfig": {"routingConfig", "modelSelectionConfig", "audioTimestamp", "modelArmorConfig"},
    "Tool": {"retrieval", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch"},
    "SafetySetting": {"method"},
    "FunctionCall": {"partialArgs", "willContinue"},
    "FunctionCallingConfig": {"streamFunctionCallArguments"},
}
# A request's own keys are no type of the SDK's: it builds them in code.
_GOOGLE_REQUEST = (
    "cachedContent contents generationConfig labels safetySettings serviceTier store systemInstruction toolConfig tools"
)
_ANTHROPIC = {
    "text": anthropic.TextBlockParam,
    "image": anthropic.ImageBlockParam,
    "document": anthropic.DocumentBlockParam,
    "tool_use": anthropic.ToolUseBlockParam,
    "tool_result": anthropic.ToolResultBlockParam,
    "thinking": anthropic.ThinkingBlockParam,
    "redacted_thinking": anthropic.RedactedThinkingBlockParam,
    "tool": anthropic.ToolParam,
    "tool_choice.auto": anthropic.ToolChoiceAutoParam,
    "tool_choice.any": anthropic.ToolChoiceAnyParam,
    "tool_choice.tool": anthropic.ToolChoiceToolParam,
    "tool_choice.none": anthropic.ToolChoiceNoneParam,
    "output_config": anthropic.OutputConfigParam,
    "format": anthropic.JSONOutputFormatParam,
    "metadata": anthropic.MetadataParam,
    "cache_control": anthropic.CacheControlEphemeralParam,
}
_GOOGLE = (
    "Content Part FunctionCall FunctionResponse Blob FileData GenerationConfig ThinkingConfig Tool FunctionDeclaration "
    "ToolConfig FunctionCallingConfig SafetySetting"
)


def collect() -> dict[str, dict[str, list[str]]]:
    """Provider, then kind of object, then its keys in alphabetical order."""
    typed: dict[str, Any] = dict(_ANTHROPIC)
    for option in get_args(anthropic.ThinkingConfigParam):
        typed[f"thinking.{_tag(option)}"] = option
    for option in get_args(image_block_param.Source):
        typed[f"source.{_tag(option)}"] = option
    claude = {name: sorted(kind.__annotations__) for name, kind in typed.items()}
    claude["request"] = sorted({*MessageCreateParamsStreaming.__annotations__} - _HEADERS | _OLDER)
    claude["message"] = ["content", "role"]
    gemini = {"request": _GOOGLE_REQUEST.split()}
    for name in _GOOGLE.split():
        fields = {field.alias or key for key, field in getattr(google, name).model_fields.items()}
        gemini[name] = sorted(fields - _VERTEX_ONLY.get(name, set()))
    gpt = {"request": sorted(CompletionCreateParamsStreaming.__annotations__)}
    return {"openai": gpt, "anthropic": claude, "google": gemini}


def _tag(option: Any) -> str:
    name: str = option.__name__.removeprefix("ThinkingConfig").removesuffix("Param").removesuffix("ImageSource")
    return {"BetweenTools": "between_tools", "URL": "url"}.get(name, name.lower())


if __name__ == "__main__":
    PATH.write_text(json.dumps(collect(), indent=1, sort_keys=True) + "\n")
