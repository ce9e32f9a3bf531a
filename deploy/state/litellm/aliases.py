"""LiteLLM's names for groups of models and what they fall back to, as Promptly's aliases."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from deploy.state.litellm.report import Note, Report

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}\Z")
_MOST_MODELS: Final = 10
_MOST_FALLBACKS: Final = 3
_MOST_WEIGHT: Final = 1000
Groups = Mapping[str, Mapping[str, int]]


class Aliases:
    """Reads them. `groups` are the names that clients use, with the models of each and their weights."""

    def __init__(self, report: Report, groups: Groups) -> None:
        self._report = report
        self._groups = groups

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The aliases, in the form of a state file: names that are not a model's own, and models that have fallbacks."""
        groups = {**self._groups, **dict(self._named_again(data))}
        found: dict[str, Any] = {}
        for name, weights in groups.items():
            if {*weights} != {name}:
                found[name] = {"models": _models(weights)}
                if len(weights) > _MOST_MODELS:
                    self._report.remark(
                        "model_list",
                        Note(f"An alias has at most {_MOST_MODELS} models; {name!a} has more.", "Choose some."),
                    )
        for name, fallbacks in self._fallbacks(data, groups):
            own = found.setdefault(name, {"models": _models(groups.get(name, {name: 1}))})
            own["fallbacks"] = fallbacks
        for name in [name for name in found if _NAME.match(name) is None]:
            self._report.remark(
                "model_list", Note("A name has other letters in it than Promptly's aliases take.", f"Rename {name!a}.")
            )
            del found[name]
        return found

    def _named_again(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
        settings, path = data.get("router_settings"), "router_settings.model_group_alias"
        named = settings.get("model_group_alias") if isinstance(settings, dict) else None
        if named is not None and not isinstance(named, dict):
            self._report.wrong(path, "names with models")
            return
        for name, meant in (named or {}).items():
            model = meant.get("model") if isinstance(meant, dict) else meant
            if isinstance(model, str) and model:
                yield str(name), self._groups.get(model, {model: 1})
            else:
                self._report.wrong(f"{path}.{name}", "the name of a model")
            if isinstance(meant, dict) and {*meant} - {"model"}:
                self._report.remark(f"{path}.{name}", Note("Only the model was taken of it.", "Look at the others."))

    def _fallbacks(self, data: Mapping[str, Any], groups: Groups) -> Iterator[tuple[str, Sequence[str]]]:
        for section in ("litellm_settings", "router_settings"):
            settings, path = data.get(section), f"{section}.fallbacks"
            given = settings.get("fallbacks") if isinstance(settings, dict) else None
            for place, entry in self._report.entries(path, given):
                for name, others in entry.items():
                    if not isinstance(others, list) or not all(isinstance(one, str) for one in others) or name == "*":
                        self._report.wrong(f"{place}.{name}", "a model's name with a list of such")
                        continue
                    # A group stands for its first model: a fallback is one model, which is tried once.
                    meant = list(dict.fromkeys(next(iter(groups.get(one, {one: 1}))) for one in others))
                    if len(meant) > _MOST_FALLBACKS:
                        note = Note(f"The first {_MOST_FALLBACKS} were taken: more are not tried.", "Choose others.")
                        self._report.remark(f"{place}.{name}", note)
                    yield str(name), meant[:_MOST_FALLBACKS]


def _models(weights: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"model": model, "weight": min(weight, _MOST_WEIGHT)} for model, weight in list(weights.items())[:_MOST_MODELS]
    ]
