"""LiteLLM's settings, as levers, a key and alert rules."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.state.litellm.names import EXACT_CACHES
from deploy.state.litellm.report import Note, Report, note_for

_MONTHS: Final = frozenset(("30d", "31d", "1mo", "1 month", "monthly", "month"))
_DAYS: Final = frozenset(("1d", "24h", "daily", "86400s", "day"))
_SLACK: Final = "env:SLACK_WEBHOOK_URL"
_HANGING_SECONDS: Final = 300
_FAILING_PERCENT: Final = 10.0


class Options:
    """Reads the three parts with settings."""

    def __init__(self, report: Report, data: Mapping[str, Any]) -> None:
        self._report = report
        self._data = data
        self._settings: dict[str, Any] = {}
        self._key: dict[str, Any] = {}
        self._alerts: list[dict[str, Any]] = []

    def read(self) -> dict[str, Any]:
        """The levers, the key and the alert rules, in the form of a state file; what there is none of is left out."""
        budgets = {"max_budget": self._max_budget, "budget_duration": _ignored}
        lite = {
            "cache": self._cache,
            "cache_params": self._cache_params,
            "default_key_generate_params": self._key_params,
            "fallbacks": _ignored,
        }
        self._read("litellm_settings", lite | budgets)
        self._read("router_settings", {"model_group_alias": _ignored, "fallbacks": _ignored})
        self._read("general_settings", {"alerting": self._alerting, "alerting_threshold": _ignored} | budgets)
        keys = [{"name": "litellm", **self._key}] if self._key else []
        found = {"settings": self._settings, "keys": keys, "alerts": self._alerts}
        return {name: part for name, part in found.items() if part}

    def _read(self, section: str, handlers: Mapping[str, Any]) -> None:
        found = self._data.get(section)
        if found is None:
            return
        if not isinstance(found, dict):
            self._report.wrong(section, "names with values")
            return
        for name, value in found.items():
            path = f"{section}.{name}"
            if (handler := handlers.get(name)) is not None:
                handler(path, value)
            else:
                self._report.remark(path, note_for(section, str(name)))

    def _cache(self, path: str, value: Any) -> None:
        self._settings.setdefault("cache_enabled", _truth(value))
        if not isinstance(value, bool) and not isinstance(value, str):
            self._report.wrong(path, "true or false")

    def _cache_params(self, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report.wrong(path, "names with values")
            return
        kind = str(value.get("type", "local"))
        for name, inner in value.items():
            place = f"{path}.{name}"
            if name == "ttl" and _number(inner) and inner >= 1:
                self._settings["cache_ttl_seconds"] = min(int(inner), 31_536_000)
            elif name == "similarity_threshold" and _number(inner) and 0 <= inner <= 1:
                self._settings["cache_similarity_threshold"] = float(inner)
            elif name in ("ttl", "similarity_threshold"):
                self._report.wrong(place, "a number within its bounds")
            elif name == "mode":
                if inner == "default_off":
                    self._settings["cache_enabled"] = False
                    self._report.remark(place, note_for("cache_params", name))
            elif name != "type":
                self._report.remark(place, note_for("cache_params", name))
        if kind in EXACT_CACHES:
            self._settings.setdefault("cache_similarity_threshold", 1.0)
            note = Note(
                f"LiteLLM's {kind} cache answers equal requests only, so the threshold for similar ones was set to 1.",
                "Take `cache_similarity_threshold` out to have Promptly answer questions of the same meaning, too.",
            )
            self._report.remark(f"{path}.type" if "type" in value else path, note)
        elif "semantic" not in kind:
            self._report.wrong(f"{path}.type", "a cache that LiteLLM has")

    def _key_params(self, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report.wrong(path, "names with values")
            return
        for name, inner in value.items():
            if name == "max_budget":
                self._budget(f"{path}.{name}", inner, value.get("budget_duration"))
            elif name == "rpm_limit" and _number(inner) and inner >= 1:
                self._key["rpm"] = min(int(inner), 1_000_000)
            elif name != "budget_duration":
                self._report.remark(f"{path}.{name}", note_for("litellm_params", name.removesuffix("_limit")))

    def _max_budget(self, path: str, value: Any) -> None:
        section = path.partition(".")[0]
        self._budget(path, value, self._data[section].get("budget_duration"))

    def _budget(self, path: str, value: Any, duration: Any) -> None:
        """A budget by the month becomes one of a key, one by the day an alert."""
        if not _number(value) or value < 0:
            self._report.wrong(path, "an amount of dollars")
        elif value == 0:
            self._report.remark(path, Note("A budget of nothing is none of Promptly's.", "Make no key, or revoke it."))
        elif str(duration) in _MONTHS:
            self._key["monthly_budget_usd"] = round(float(value), 9)
            note = Note(
                "It became the budget of one key, named litellm; LiteLLM's holds for all together.",
                "Divide it among the keys that you make.",
            )
            self._report.remark(path, note)
        elif str(duration) in _DAYS:
            rule = {"name": f"LiteLLM's {path}", "metric": "daily_spend", "operator": "gt", "threshold": float(value)}
            self._alerts.append(rule)
            self._report.remark(
                path,
                Note(
                    "Promptly has no budget of all together; this became an alert, which stops nothing.",
                    "Put all keys into one team, and write a budget of it by the day under `budgets:`.",
                ),
            )
        else:
            note = Note("Promptly's budgets are by the day or the month.", "Write one under `budgets:`.")
            self._report.remark(path, note)

    def _alerting(self, path: str, value: Any) -> None:
        channels = value if isinstance(value, list) else [value]
        seconds = self._data["general_settings"].get("alerting_threshold", _HANGING_SECONDS)
        if "slack" in channels:
            milliseconds = 1000.0 * seconds if _number(seconds) and seconds > 0 else 1000.0 * _HANGING_SECONDS
            slow = {"name": "slow answers", "metric": "latency_p95", "operator": "gt", "threshold": milliseconds}
            failing = {
                "name": "failing requests",
                "metric": "error_rate",
                "operator": "gt",
                "threshold": _FAILING_PERCENT,
            }
            self._alerts += [{**rule, "channels": ["slack"], "slack_url": _SLACK} for rule in (slow, failing)]
            note = Note(
                "LiteLLM's alerts became two rules: slow answers, and more than 10 % failing.",
                "Set SLACK_WEBHOOK_URL; change the rules as you like.",
            )
            self._report.remark(path, note)
        if [channel for channel in channels if channel != "slack"]:
            self._report.remark(
                path,
                Note(
                    "Of these channels only slack is taken over.", "Add `email` or `webhook` to rules under `alerts:`."
                ),
            )


def _truth(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in ("true", "yes", "on", "1"))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ignored(_: str, __: Any) -> None:
    """It is read together with the field that it belongs to."""
