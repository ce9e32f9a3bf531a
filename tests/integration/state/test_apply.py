"""An organization as a file: applied twice nothing changes, exported and applied nothing changes, and no secret is in between."""

from pathlib import Path
from typing import Any

import pytest

from deploy.state import commands
from deploy.state.client import ApiError
from deploy.state.commands import ApplyFailed
from deploy.state.model import State
from deploy.state.plan import PlanError
from deploy.state.settings import ControlPlaneSettings
from libs.common.documents import convert, read
from tests.integration.state.conftest import ControlPlane

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRETS = {
    "OPENAI_KEY": "sk-proj-" + "o" * 40 + "1111",
    "VLLM_KEY": "vllm-" + "v" * 30 + "2222",
    "HOOK": "https://hooks.example.com/services/T0/B0/secret-path-3333",
    "HOOK_SECRET": "signing-secret-of-the-hook-4444",
    "SLACK": "https://hooks.slack.com/services/T0/B0/secret-path-5555",
}
FILE = """
providers:
- provider: openai
  name: main
  api_key: env:OPENAI_KEY
- provider: openai_compatible
  name: vllm
  api_key: env:VLLM_KEY
  base_url: https://llm.example.com/v1
  models: [llama-3.3-70b, qwen-3]
settings:
  level: off
  cache_ttl_seconds: 60
  cost_quality: 0.25
  holdout_share: 0.05
tiers:
  openai: {simple: gpt-4.1-nano}
  openai_compatible: {complex: llama-3.3-70b}
aliases:
  fast: {models: [{model: gpt-4o-mini, weight: 9}, {model: qwen-3}], fallbacks: [llama-3.3-70b]}
rules:
- name: long prompts
  condition_type: token_count
  condition_value: {operator: gt, value: 8000}
  action: force_tier
  action_value: complex
  priority: 5
- name: the rest
  condition_type: always
  action: use_model
  action_value: gpt-4o-mini
teams:
- name: search
keys:
- name: production
  team: search
  scopes: [optimize, chat]
  rpm: 900
  monthly_budget_usd: 12.3456789012
  expires_at: 2099-01-01T00:00:00+02:00
- name: Default
  rpm: 20
budgets:
- name: each user
  subject: user
  period: day
  limit_usd: 5.0000000001
  on_exceed: route_simple
- name: search
  subject: team
  value: search
  period: month
  limit_usd: 100
- name: production
  subject: key
  value: production
  period: day
  limit_usd: 20
alerts:
- name: spend
  metric: daily_spend
  operator: gt
  threshold: 12.5
  channels: [webhook, slack]
  webhook_url: env:HOOK
  webhook_secret: env:HOOK_SECRET
  slack_url: env:SLACK
- name: of a team
  metric: error_rate
  operator: gte
  threshold: 5
  scope: {by: team, value: search}
- name: of a tag
  metric: error_rate
  operator: gte
  threshold: 5
  scope: {by: tag, tag: region, value: eu}
"""


def state(text: str) -> State:
    return convert(read(text.encode(), "yaml"), State)


async def applied(plane: ControlPlane, text: str, environment: Any = SECRETS, **more: Any) -> list[str]:
    options = {"prune": False, "new_keys": None, **more}
    return commands.lines(await commands.apply(plane.settings, state(text), environment, **options))


async def test_applied_twice_nothing_changes_the_second_time(plane: ControlPlane, tmp_path: Path) -> None:
    keys = tmp_path / "keys.jsonl"
    first = await applied(plane, FILE, new_keys=keys)
    assert len([line for line in first if not line.startswith(" ")]) == 16
    assert keys.stat().st_mode & 0o777 == 0o600
    assert "sk-promptly-" in keys.read_text()
    written, listed = keys.read_text(), await plane.audited()
    assert await commands.difference(plane.settings, state(FILE), SECRETS, prune=False) == []
    assert await applied(plane, FILE, new_keys=keys) == []
    assert (keys.read_text(), await plane.audited()) == (written, listed)
    everything = "\n".join(first)
    assert not [name for name, secret in SECRETS.items() if secret in everything or secret[-8:] in everything]
    (principal,) = [key for key in (await plane.get("/api/keys/platform"))["keys"] if key["name"] == "production"]
    assert (principal["rpm"], principal["monthly_budget_usd"], principal["expires_at"]) == (
        900,
        12.345678901,
        "2098-12-31T22:00:00.000Z",
    )
    assert (await plane.get("/api/optimization/settings"))["holdout_share"] == 0.05


async def test_what_is_exported_and_applied_changes_nothing_and_holds_no_secret(
    plane: ControlPlane, tmp_path: Path
) -> None:
    await applied(plane, FILE, new_keys=tmp_path / "keys")
    for _ in range(2):  # of one name, told apart by their order
        await plane.post("/api/keys/platform", name="twin", rpm=5)
        await plane.post("/api/keys/providers", provider="openai", api_key="sk-twin-twin-twin-twin", label="")
    await plane.post("/api/keys/platform", name="1e5", rpm=7)
    before = await plane.audited()
    exported = await commands.export(plane.settings)
    assert await applied(plane, exported, {}, prune=True) == []
    assert await plane.audited() == before
    assert not [name for name, secret in SECRETS.items() if secret in exported or secret[-4:] in exported]
    other = read(exported.encode(), "yaml").data
    assert set(other) == {"providers", "settings", "tiers", "aliases", "rules", "teams", "keys", "budgets", "alerts"}
    assert other["tiers"] == {
        "openai": {"simple": "gpt-4.1-nano"},
        "openai_compatible": {"complex": "llama-3.3-70b"},
    }
    assert [key["name"] for key in other["keys"]].count("twin") == 2


async def test_a_difference_is_named_field_by_field_and_only_that_is_changed(
    plane: ControlPlane, tmp_path: Path
) -> None:
    await applied(plane, FILE, new_keys=tmp_path / "keys")
    changed = (
        FILE.replace("level: off", "level: moderate").replace("rpm: 900", "rpm: 901").replace("value: 8000", "value: 9")
    )
    others = SECRETS | {"OPENAI_KEY": "sk-proj-" + "n" * 40 + "9999", "SLACK": SECRETS["SLACK"][:-4] + "8888"}
    found = commands.lines(await commands.difference(plane.settings, state(changed), others, prune=True))
    assert found == [
        "~ providers: openai main",
        '    api_key: "another" → "env:OPENAI_KEY"',
        "~ rules: long prompts",
        '    condition_value: {"operator":"gt","value":8000} → {"operator":"gt","value":9}',
        "~ keys: production",
        "    rpm: 900 → 901",
        "~ alerts: spend",
        '    slack_url: "another" → "env:SLACK"',
        "~ settings",
        '    level: "off" → "moderate"',
    ]
    assert await applied(plane, changed, others) == found
    assert await applied(plane, changed, others, prune=True) == []
    alert, *_ = (await plane.get("/api/alerts/rules"))["rules"]
    assert alert["channel_config"]["slack"]["url"].endswith("8888")
    assert alert["channel_config"]["webhook"]["secret"].endswith("4444")


async def test_what_the_file_does_not_name_stays_unless_it_is_pruned(plane: ControlPlane, tmp_path: Path) -> None:
    await applied(plane, FILE, new_keys=tmp_path / "keys")
    assert await applied(plane, "rules: []\n", prune=False) == []
    assert await applied(plane, "{}\n", prune=True) == []
    assert await applied(plane, "rules: []\nkeys: [{name: production}]\n", prune=True) == [
        "- keys: Default",
        "- rules: long prompts",
        "- rules: the rest",
    ]
    assert await applied(plane, "tiers: {openai_compatible: {simple: qwen-3}}\n", prune=True) == [
        "~ tiers",
        *(await _tier_lines(plane)),
    ]
    exported = read((await commands.export(plane.settings)).encode(), "yaml").data
    assert exported["tiers"] == {"openai_compatible": {"simple": "qwen-3"}}
    assert len(exported["providers"]) == 2


async def _tier_lines(plane: ControlPlane) -> list[str]:
    default = (await plane.get("/api/routing/config"))["default_tiers"]["openai"]["simple"]
    return [
        f'    openai.simple: "gpt-4.1-nano" → "{default}"',
        '    openai_compatible.complex: "llama-3.3-70b" → null',
        '    openai_compatible.simple: null → "qwen-3"',
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("providers: [{provider: mistral, name: m}]", "providers: mistral m is new, and needs api_key."),
        (
            "providers: [{provider: mistral, name: m, api_key: env:NOT_SET}]",
            "providers: mistral m is new, and the environment variable NOT_SET is not set.",
        ),
        ("rules: [{name: r, action: use_model}]", "rules: r is new, and needs condition_type."),
        ("alerts: [{name: a, metric: daily_spend, operator: gt}]", "alerts: a is new, and needs threshold."),
    ],
)
async def test_a_file_that_lacks_something_is_refused_before_anything_is_changed(
    plane: ControlPlane, text: str, words: str
) -> None:
    with pytest.raises(PlanError) as refused:
        await applied(plane, f"settings: {{level: off}}\n{text}\n")
    assert str(refused.value) == words
    assert await plane.audited() == 0


async def test_another_address_of_a_provider_needs_its_key_along_with_it(plane: ControlPlane, tmp_path: Path) -> None:
    await applied(plane, FILE, new_keys=tmp_path / "keys")
    moved = "providers: [{provider: openai_compatible, name: vllm, base_url: 'https://other.example.com/v1'%s}]"
    with pytest.raises(PlanError, match="api_key"):
        await applied(plane, moved % "")
    found = await applied(plane, moved % ", api_key: env:VLLM_KEY")
    assert found[1] == '    base_url: "https://llm.example.com/v1" → "https://other.example.com/v1"'


async def test_a_key_is_not_made_where_nobody_keeps_its_secret(plane: ControlPlane) -> None:
    with pytest.raises(ApplyFailed, match="--new-keys"):
        await applied(plane, "settings: {level: off}\nkeys: [{name: new}]\n")
    with pytest.raises(ApplyFailed, match="cannot be written"):
        await applied(plane, "settings: {level: off}\nkeys: [{name: new}]\n", new_keys=Path("/nowhere/keys"))
    assert await plane.audited() == 0


async def test_a_refusal_midway_says_what_was_done(plane: ControlPlane) -> None:
    text = "settings: {cache_ttl_seconds: 0}\nproviders: [{provider: openai, name: p, api_key: env:OPENAI_KEY}]\n"
    with pytest.raises(ApplyFailed) as refused:
        await applied(plane, text)
    assert "settings: cache_ttl_seconds: " in str(refused.value)
    assert str(refused.value).endswith("1 of 2 changes were made.")


async def test_a_key_that_may_not_or_nobody_is_told_so(plane: ControlPlane) -> None:
    weak = await plane.post("/api/keys/control", name="weak", scopes=["read"])
    settings = ControlPlaneSettings(url=plane.settings.url, api_key=weak["api_key"])
    assert "providers" in await commands.export(settings)
    with pytest.raises(ApplyFailed, match="scope settings"):
        await commands.apply(settings, state("settings: {level: off}"), {}, prune=False, new_keys=None)
    model_key = (await plane.post("/api/keys/platform", name="k"))["api_key"]
    with pytest.raises(ApiError, match="key for models"):
        await commands.export(ControlPlaneSettings(url=plane.settings.url, api_key=model_key))
    for url, words in (("http://127.0.0.1:9", "cannot be reached"), (plane.settings.url, "control-plane key")):
        with pytest.raises(ApiError, match=words):
            await commands.export(ControlPlaneSettings(url=url, api_key="cp-promptly-x"))
