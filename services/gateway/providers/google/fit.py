"""A request in Gemini's own format for another of its models than the client named."""

from typing import Any

from msgspec import Raw

from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Target, effort_of
from services.gateway.formats.json_fields import as_object, encode, given
from services.gateway.translate.google_models import generation, least_level, preview

_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": -1, "max": -1}
_LEAST_OF_PRO = 128
_NAMES = {
    "thinkingConfig": "thinking_config",
    "maxOutputTokens": "max_output_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
}


def fitted(ask: Ask, target: Target) -> tuple[Raw | None, list[str]]:
    """The `generationConfig` for the model (None: as it came), and the names of what was meant to change something."""
    known, top = target.known, ask.extras
    if known is None or not given(top, "generationConfig"):
        return None, []
    config: dict[str, Any] = dict(as_object(top["generationConfig"], "generationConfig"))
    before, lost = dict(config), list[str]()
    if ask.max_tokens is not None and target.clamped(ask.max_tokens) < ask.max_tokens:
        _put(config, "maxOutputTokens", target.clamped(ask.max_tokens))
        lost.append("maxOutputTokens")
    refused = "sampling" in known.refuses
    for name, left_out, neutral in (
        ("temperature", refused, 1),
        ("top_p", refused, 1),
        ("top_k", refused, 64),
        ("presence_penalty", refused or preview(target.model), 0),
        ("frequency_penalty", refused or preview(target.model), 0),
    ):
        value = getattr(ask.sampling, name)
        if left_out and value is not None:
            _drop(config, name)
            lost += [name] if value != neutral else []
    _fit_thinking(ask, target, config, lost)
    return (encode(config) if config != before else None), lost


def _fit_thinking(ask: Ask, target: Target, config: dict[str, Any], lost: list[str]) -> None:
    """A level for models that take one, a number of tokens for those before them."""
    given_names = [name for name in ("thinkingConfig", "thinking_config") if given(config, name)]
    if not given_names:
        return
    thinking, made, effort = ask.thinking, generation(target.model), effort_of(ask.thinking)
    if target.known is not None and not target.known.can("reasoning"):
        _drop(config, "thinkingConfig")
        lost += ["thinkingConfig"] if effort != "none" else []
        return
    found: dict[str, Any] = {"includeThoughts": thinking.shown}
    if made >= (3, 0):
        if thinking.budget is None and (effort != "minimal" or least_level(target.model) == "minimal"):
            return
        if effort is not None:
            least = least_level(target.model)
            found["thinkingLevel"] = {"none": least, "minimal": least, "max": "xhigh"}.get(effort, effort)
        lost += ["thinkingConfig"] if effort in ("none", "minimal") else []
    else:
        pro = "pro" in target.model
        if thinking.effort is None and not (pro and thinking.budget == 0):
            return
        found["thinkingBudget"] = _LEAST_OF_PRO if effort == "none" and pro else _BUDGETS[effort or "none"]
        lost += ["thinkingConfig"] if effort == "none" and pro else []
    _put(config, "thinkingConfig", found)


def _put(config: dict[str, Any], name: str, value: Any) -> None:
    _drop(config, name)
    config[name] = value


def _drop(config: dict[str, Any], name: str) -> None:
    for camel, snake in _NAMES.items():
        if name in (camel, snake):
            config.pop(camel, None)
            config.pop(snake, None)
    config.pop(name, None)
