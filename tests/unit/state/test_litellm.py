"""LiteLLM's configurations of ten shapes, and hostile ones: a state file, a report, and no key in either."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.state.commands import import_litellm
from deploy.state.litellm.config import Imported, imported
from deploy.state.model import State
from libs.common.documents import Document, DocumentError, convert, read, written

CONFIGS = sorted((Path(__file__).parent / "litellm").glob("*.yaml"))


def taken(name: str) -> Imported:
    return imported(read((Path(__file__).parent / "litellm" / f"{name}.yaml").read_bytes(), "yaml"))


def places(found: Imported) -> str:
    return "\n".join(remark.place for remark in found.remarks)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_becomes_a_state_file_that_is_read(config: Path) -> None:
    text, report = import_litellm(str(config))
    state = convert(read(text.encode(), "yaml"), State)
    assert (state.providers or ()) or config.stem == "bedrock"
    assert all(line.endswith((".", ":")) for line in report)
    assert len(report) == len(set(report))
    for secret in ("should-not-be-here", "sk-house-master"):
        assert secret not in text
        assert secret not in "\n".join(report)


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for position, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{position}]")
    else:
        yield path


USED = (
    *("model_name", "model", "api_key", "api_base", "litellm_credential_name", "credential_name"),
    *(
        "cache",
        "ttl",
        "similarity_threshold",
        "max_budget",
        "budget_duration",
        "rpm_limit",
        "type",
        "alerting_threshold",
        "weight",
    ),
)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_value_is_used_or_in_the_report(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    original = imported.__globals__["Report"]

    class Kept(original):  # type: ignore[misc,valid-type]
        def remark(self, path: str, note: Any) -> None:
            told.append(path)
            super().remark(path, note)

    monkeypatch.setitem(imported.__globals__, "Report", Kept)
    document = read(config.read_bytes(), "yaml")
    imported(document)
    for leaf in _leaves(document.data):
        if leaf.rpartition(".")[2] not in USED and ".model_group_alias." not in leaf and ".fallbacks[" not in leaf:
            assert any(leaf == path or leaf.startswith((f"{path}.", f"{path}[")) for path in told), leaf


def test_keys_of_the_environment_are_named() -> None:
    assert taken("starter").state == {
        "providers": [
            {"provider": "openai", "name": "openai", "api_key": "env:OPENAI_API_KEY"},
            {"provider": "anthropic", "name": "anthropic", "api_key": "env:ANTHROPIC_API_KEY"},
        ],
        "aliases": {"claude-sonnet": {"models": [{"model": "claude-sonnet-4-5", "weight": 1}]}},
    }
    assert not taken("starter").remarks


def test_groups_weights_and_fallbacks_become_aliases() -> None:
    text = b"""
model_list:
- {model_name: fast, litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/A, weight: 9}}
- {model_name: fast, litellm_params: {model: anthropic/claude-haiku-4-5, api_key: os.environ/B}}
- {model_name: fast, litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/C}}
- {model_name: gpt-4o, litellm_params: {model: gpt-4o, api_key: os.environ/A}}
- {model_name: spare, litellm_params: {model: gemini/gemini-2.5-flash, api_key: os.environ/D}}
- {model_name: own, litellm_params: {model: anthropic/own, api_key: os.environ/B}}
router_settings:
  model_group_alias: {cheap: fast, hidden: {model: gpt-4o, hidden: true}}
  fallbacks: [{fast: [spare, gpt-4o]}, {gpt-4o: [spare, fast, claude-sonnet-4-5, gpt-4.1]}]
"""
    found = imported(read(text, "yaml"))
    fast = [{"model": "gpt-4o-mini", "weight": 10}, {"model": "claude-haiku-4-5", "weight": 1}]
    assert found.state["aliases"] == {
        "fast": {"models": fast, "fallbacks": ["gemini-2.5-flash", "gpt-4o"]},
        "spare": {"models": [{"model": "gemini-2.5-flash", "weight": 1}]},
        "cheap": {"models": fast},
        "hidden": {"models": [{"model": "gpt-4o", "weight": 1}]},
        "gpt-4o": {
            "models": [{"model": "gpt-4o", "weight": 1}],
            "fallbacks": ["gemini-2.5-flash", "gpt-4o-mini", "claude-sonnet-4-5"],
        },
    }
    convert(read(written(found.state).encode(), "yaml"), State)


def test_what_promptly_does_not_connect_is_named_once_for_all_of_its_kind() -> None:
    found = taken("two_regions")
    assert found.state["providers"] == [{"provider": "openai", "name": "openai", "api_key": "env:OPENAI_API_KEY"}]
    assert "line 5: model_list[0].litellm_params.model and 1 more" in places(found)
    assert "line 9: model_list[0].litellm_params.rpm and 1 more" in places(found)
    for field in ("context_window_fallbacks", "num_retries", "request_timeout"):
        assert f"litellm_settings.{field}" in places(found)
    assert "general_settings.master_key" in places(found)
    assert taken("bedrock").state == {}


def test_servers_at_home_have_their_models_and_a_key_in_the_file_is_left_there() -> None:
    found = taken("home")
    ollama, openai = found.state["providers"][0], found.state["providers"][-1]
    assert ollama == {
        "provider": "openai_compatible",
        "name": "ollama_chat",
        "api_key": "env:OLLAMA_API_KEY",
        "base_url": "http://192.168.1.20:11434/v1",
        "models": ["llama3.2:3b", "qwen2.5-coder:7b"],
    }
    assert openai["api_key"] == "env:OPENAI_API_KEY"
    told = {remark.place: remark for remark in found.remarks}
    assert "PROMPTLY_ALLOWED_HOSTS" in told["line 4: model_list[0].litellm_params.api_base and 1 more"].todo
    assert "OPENAI_API_KEY" in told["line 10: model_list[2].litellm_params.api_key"].todo


def test_caches_are_levers() -> None:
    assert taken("semantic").state["settings"] == {
        "cache_enabled": True,
        "cache_similarity_threshold": 0.9,
        "cache_ttl_seconds": 1800,
    }
    assert taken("budgets").state["settings"] == {
        "cache_enabled": True,
        "cache_ttl_seconds": 600,
        "cache_similarity_threshold": 1.0,
    }
    assert taken("many_kinds").state["settings"] == {"cache_enabled": False, "cache_similarity_threshold": 1.0}
    assert taken("company").state["settings"] == {"cache_enabled": False}


def test_budgets_by_the_month_are_a_keys_and_those_by_the_day_an_alert() -> None:
    found = taken("budgets")
    assert found.state["keys"] == [{"name": "litellm", "monthly_budget_usd": 200.0, "rpm": 120}]
    (alert,) = found.state["alerts"]
    assert (alert["metric"], alert["threshold"]) == ("daily_spend", 50.5)
    assert taken("company").state["keys"] == [{"name": "litellm", "monthly_budget_usd": 1000.0}]


def test_servers_are_told_apart_by_key_and_address() -> None:
    providers = {one["name"]: one for one in taken("many_servers").state["providers"]}
    assert providers["openrouter"]["models"] == ["anthropic/claude-opus-4", "x-ai/grok-4"]
    assert providers["openrouter"]["api_key"] == "env:OPENROUTER_API_KEY"
    assert providers["hosted_vllm"]["base_url"] == "env:VLLM_URL"
    assert providers["openai"]["provider"] == "openai_compatible"
    assert "lm_studio" not in providers
    team = taken("company").state["providers"]
    assert [(one["name"], one["api_key"]) for one in team] == [
        ("anthropic", "env:ANTHROPIC_TEAM_A"),
        ("anthropic-2", "env:ANTHROPIC_TEAM_B"),
    ]


def test_slack_alerts_are_rules_and_the_address_is_named() -> None:
    slow, failing = taken("watched").state["alerts"]
    assert (slow["threshold"], failing["metric"]) == (120_000.0, "error_rate")
    assert slow["slack_url"] == "env:SLACK_WEBHOOK_URL"


HOSTILE: dict[str, Any] = {
    "a list of nothing": {"model_list": [None, 1, "x", [], {}]},
    "models that are none": {"model_list": {"a": 1}},
    "params that are none": {"model_list": [{"model_name": 1, "litellm_params": "x", "model_info": 3}]},
    "a model that is none": {"model_list": [{"model_name": "a", "litellm_params": {"model": 7}}]},
    "a key that is none": {"model_list": [{"model_name": "a", "litellm_params": {"model": "gpt-4o", "api_key": 7}}]},
    "an address that is none": {
        "model_list": [{"model_name": "a", "litellm_params": {"model": "gpt-4o", "api_base": [1]}}]
    },
    "a variable that is none": {
        "model_list": [{"model_name": "a", "litellm_params": {"model": "gpt-4o", "api_key": "os.environ/x y; rm"}}]
    },
    "settings that are none": {"litellm_settings": [1], "router_settings": "x", "general_settings": 4},
    "amounts that are none": {
        "litellm_settings": {
            "max_budget": "much",
            "cache_params": {"ttl": -1, "similarity_threshold": "high", "type": []},
        }
    },
    "alerts that are none": {
        "general_settings": {"alerting": {"slack": 1}, "alerting_threshold": "soon", "max_budget": []}
    },
    "credentials that are none": {
        "model_list": [],
        "credential_list": [{"credential_name": [], "credential_values": 1}],
    },
    "an escape sequence": {
        "general_settings": {"\x1b[31m\n": 1},
        "model_list": [{"model_name": "\x1b[2J", "litellm_params": {"model": "gpt-4o"}}],
    },
    "a password in an address": {
        "model_list": [
            {
                "model_name": "a",
                "litellm_params": {"model": "openai/m", "api_base": "https://u:hidden@h.example.com/v1?k=hidden"},
            }
        ]
    },
}


@pytest.mark.parametrize("what", HOSTILE)
def test_wrong_types_and_worse_are_remarks_and_never_more(what: str) -> None:
    found = imported(Document(data=HOSTILE[what]))
    convert(read(written(found.state).encode(), "yaml"), State)
    said = "".join(remark.place + remark.why + remark.todo for remark in found.remarks)
    assert said
    assert said.isprintable()
    assert "hidden" not in said + written(found.state)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
_WORDS = st.sampled_from(
    [
        *(
            "model_list",
            "litellm_settings",
            "router_settings",
            "general_settings",
            "credential_list",
            "model_name",
            "model",
        ),
        *(
            "litellm_params",
            "api_key",
            "api_base",
            "cache",
            "cache_params",
            "type",
            "ttl",
            "max_budget",
            "budget_duration",
        ),
        *(
            "alerting",
            "model_info",
            "model_group_alias",
            "default_key_generate_params",
            "rpm_limit",
            "credential_values",
        ),
    ]
)
_TREES = st.recursive(
    _SCALARS | st.sampled_from(["gpt-4o", "ollama/x", "os.environ/A", "30d", "1d", "slack", "redis"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60)
@given(st.dictionaries(_WORDS, _TREES, max_size=5))
def test_nothing_that_a_file_can_hold_ends_it(data: dict[str, Any]) -> None:
    try:
        found = imported(Document(data=data))
    except DocumentError:
        return
    convert(read(written(found.state).encode(), "yaml"), State)


@pytest.mark.parametrize("text", [b"a: 1\n", b"version: 2\nservices: {}\n"])
def test_what_is_none_of_litellms_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentError, match="no configuration of LiteLLM's"):
        imported(read(text, "yaml"))
