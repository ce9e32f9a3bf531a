"""A request in the Responses API's own format for another of OpenAI's models than the client named."""

from typing import Any

from msgspec import Raw

from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Target
from services.gateway.formats.json_fields import encode, object_of, strings_of

_SEALED = "reasoning.encrypted_content"
_LEAST_OUTPUT = 16


def fitted(ask: Ask, target: Target) -> tuple[dict[str, Raw], list[str]]:
    """The top-level fields to replace (empty: to leave out), and the names of those that were meant to change something."""
    known, top = target.known, ask.extras
    changes: dict[str, Any] = {}
    lost: list[str] = []
    if known is None:
        return {}, lost
    if ask.max_tokens is not None and target.clamped(ask.max_tokens) < ask.max_tokens:
        changes["max_output_tokens"] = max(_LEAST_OUTPUT, target.clamped(ask.max_tokens))
        lost.append("max_output_tokens")
    effort = ask.thinking.effort
    if not known.can("reasoning"):
        if "reasoning" in top:
            changes["reasoning"] = None
            lost += ["reasoning"] if effort not in (None, "none") else []
        include = strings_of(top, "include")
        if _SEALED in include:
            changes["include"] = [name for name in include if name != _SEALED] or None
        text = {name: value for name, value in object_of(top, "text").items() if name != "verbosity"}
        if ask.verbosity is not None:
            changes["text"] = text or None
            lost += ["text.verbosity"] if ask.verbosity != "medium" else []
    else:
        fitting = effort
        if effort == "none" and not known.can("effort_none"):
            fitting = "minimal" if known.can("effort_minimal") else "low"
        elif effort == "minimal" and not known.can("effort_minimal"):
            fitting = "low"
        if fitting != effort:
            changes["reasoning"] = {**object_of(top, "reasoning"), "effort": fitting}
            lost.append("reasoning.effort")
        silent = fitting == "none" or (fitting is None and known.can("default_effort_none"))
        for name in ("temperature", "top_p"):
            value = getattr(ask.sampling, name)
            if value is not None and not silent:
                changes[name] = None
                lost += [name] if value != 1 else []
    return {name: Raw(b"") if value is None else encode(value) for name, value in changes.items()}, lost
