"""What Google's generateContent refuses in a request's parameters; its contents are looked at in `strict_contents`."""

import re
from typing import Any

from tests.fake_provider import meter, strict_contents
from tests.fake_provider.rules import RULES, Sent, family, refuse
from tests.fake_provider.strict_contents import known

_OWN: dict[str, Any] = RULES["google"]
_REQUEST = "* GenerateContentRequest."


def check(sent: Sent) -> None:
    """Raises `Refused` for the first thing that is wrong."""
    body = sent.body
    if (own := family("google", sent.model)) is None:
        refuse(
            f"models/{sent.model} is not found for API version v1beta, or is not supported for generateContent. Call "
            "ListModels to see the list of available models and their supported methods.",
            status=404,
        )
    known("request", body, "")
    config = body.get("generationConfig") or {}
    known("GenerationConfig", config, "generation_config")
    _sampling(config, own, stream=sent.stream)
    _format(config)
    _thinking(config.get("thinkingConfig") or {}, own)
    _tools(body)
    for setting in body.get("safetySettings") or ():
        known("SafetySetting", setting, "safety_settings")
    strict_contents.check(body, own)
    counted = meter.count_texts(sent.model, body.get("systemInstruction"), body["contents"], body.get("tools"))
    if counted > own["max_input"]:
        limit = own["max_input"]
        refuse(f"The input token count ({counted}) exceeds the maximum number of tokens allowed ({limit}).")


def _sampling(config: dict[str, Any], own: dict[str, Any], *, stream: bool) -> None:
    where = f"{_REQUEST}generation_config."
    temperature, top_p = config.get("temperature", 1), config.get("topP", 1)
    if not 0 <= temperature <= 2:
        refuse(f"{where}temperature: temperature must be in the range [0.0, 2.0].")
    if not 0 <= top_p <= 1:
        refuse(f"{where}top_p: top_p must be in the range [0.0, 1.0].")
    if len(config.get("stopSequences") or ()) > _OWN["max_stop_sequences"]:
        refuse(f"{where}stop_sequences: at most {_OWN['max_stop_sequences']} stop sequences are allowed.")
    if any(not text for text in config.get("stopSequences") or ()):
        refuse(f"{where}stop_sequences: stop sequences must not be empty.")
    candidates = config.get("candidateCount", 1)
    if not 1 <= candidates <= 8:
        refuse(f"{where}candidate_count: candidate_count must be in the range [1, 8].")
    if stream and candidates > 1:
        refuse("Multiple candidates is not enabled for streaming; set candidateCount to 1.")
    most = config.get("maxOutputTokens", 1)
    if not 1 <= most <= own["max_output"]:
        refuse(
            f"Unable to submit request because it has a maxOutputTokens value of {most} but the supported range is from 1 "
            f"(inclusive) to {own['max_output'] + 1} (exclusive). Update the value and try again."
        )
    if "penalties" in own["refuses"] and {"presencePenalty", "frequencyPenalty"} & config.keys():
        refuse("Penalty is not enabled for this model.")


def _format(config: dict[str, Any]) -> None:
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if config.get(name) is not None]
    if len(schemas) > 1:
        refuse("Only one of response_schema and response_json_schema can be set.")
    if schemas and config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        refuse(
            f"{_REQUEST}generation_config.response_schema: only allowed when response_mime_type is 'application/json'."
        )


def _thinking(config: dict[str, Any], own: dict[str, Any]) -> None:
    known("ThinkingConfig", config, "generation_config.thinking_config")
    level, budget = config.get("thinkingLevel"), config.get("thinkingBudget")
    if level is not None and budget is not None:
        refuse("You can only set one of thinking budget and thinking level.")
    if level is not None:
        if level.lower() not in _OWN["levels"]:
            refuse(
                f"Invalid value at 'generation_config.thinking_config.thinking_level' "
                f'(type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), "{level}"'
            )
        if "level" in own["refuses"]:
            refuse("Thinking level is not supported for this model.")
        if level.lower() == "minimal" and "minimal" in own["refuses"]:
            refuse("Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.")
    if budget == 0 and "budget_zero" in own["refuses"]:
        refuse("Budget 0 is invalid. This model only works in thinking mode.")
    if budget is not None and budget < -1:
        refuse(f"Thinking budget {budget} is invalid. Please choose -1, 0 or a positive number of tokens.")


def _tools(body: dict[str, Any]) -> None:
    names: list[str] = []
    for index, tool in enumerate(body.get("tools") or ()):
        known("Tool", tool, f"tools[{index}]")
        for at, declaration in enumerate(tool.get("functionDeclarations") or ()):
            _declaration(declaration, f"tools[{index}].function_declarations[{at}]")
            names.append(declaration["name"])
    if twice := next((name for name in names if names.count(name) > 1), None):
        refuse(f"Duplicate function declaration found: {twice}")
    config = body.get("toolConfig") or {}
    known("ToolConfig", config, "tool_config")
    if (calling := config.get("functionCallingConfig")) is None:
        return
    known("FunctionCallingConfig", calling, "tool_config.function_calling_config")
    mode, allowed = calling.get("mode", "AUTO"), calling.get("allowedFunctionNames") or ()
    if mode not in ("AUTO", "ANY", "NONE", "VALIDATED"):
        refuse(f"Invalid value at 'tool_config.function_calling_config.mode', \"{mode}\"")
    if mode == "ANY" and not names:
        refuse("Function calling config is set without function_declarations.")
    if allowed and mode not in ("ANY", "VALIDATED"):
        refuse("Please set allowed_function_names only when function calling mode is ANY.")
    if missing := next((name for name in allowed if name not in names), None):
        refuse(f"allowed_function_names: {missing} is not among the function declarations.")


def _declaration(declaration: dict[str, Any], where: str) -> None:
    known("FunctionDeclaration", declaration, where)
    if not re.fullmatch(_OWN["function_name"], declaration.get("name", "")):
        refuse(
            f"{_REQUEST}{where}.name: Invalid function name. Must start with a letter or an underscore. Must be "
            "alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128."
        )
    plain = declaration.get("parameters")
    if plain is not None and declaration.get("parametersJsonSchema") is not None:
        refuse(f"{_REQUEST}{where}: only one of parameters and parameters_json_schema can be set.")
    if plain is not None and str(plain.get("type", "")).upper() == "OBJECT" and not plain.get("properties"):
        refuse(f"{_REQUEST}{where}.parameters.properties: should be non-empty for OBJECT type")
