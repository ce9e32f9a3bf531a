"""What a plan and an export are made of, for any organization."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.state.commands import lines, load
from deploy.state.model import State
from deploy.state.plan import ALIASES, ROUTING, SETTINGS, exported, plan
from deploy.state.resources import RESOURCES
from libs.common.documents import DocumentError, convert, read, written
from libs.common.settings_file import known_names

_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.sampled_from(
    ["off", "1e5", "a", "a"]
)
_TIMES = st.sampled_from([None, "2099-01-02T03:04:05.678Z", "2020-01-01T00:00:00.000Z"])
_TIERS = st.dictionaries(
    st.sampled_from(["openai", "mistral", "openai_compatible"]),
    st.dictionaries(st.sampled_from(["simple", "medium", "complex"]), _NAMES, min_size=1),
)
_FLOATS = st.floats(-1e12, 1e12)


def _items(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    item = st.fixed_dictionaries({"id": st.uuids().map(str), **fields})
    return st.lists(item, max_size=4, unique_by=lambda item: item["id"])


_LISTS = {
    "/api/keys/providers": _items(
        provider=st.sampled_from(["openai", "openai_compatible"]),
        label=_NAMES | st.just(""),
        last_four=st.sampled_from(["", "abcd"]),
        base_url=st.sampled_from([None, "https://a.example.com/v1"]),
        models=st.lists(_NAMES, max_size=2),
    ),
    "/api/routing/rules": _items(
        name=_NAMES,
        condition_type=st.sampled_from(["keyword", "always"]),
        condition_value=st.dictionaries(st.sampled_from(["keywords"]), st.lists(_NAMES, max_size=2)),
        action=st.just("use_model"),
        action_value=_NAMES,
        priority=st.integers(-1_000_000, 1_000_000),
    ),
    "/api/keys/platform": _items(
        name=_NAMES,
        scopes=st.sampled_from([["chat"], ["chat", "optimize"]]),
        rpm=st.integers(1, 1_000_000),
        monthly_budget_usd=st.none() | st.integers(1, 10**15).map(lambda nano: nano / 10**9),
        expires_at=_TIMES,
        team=st.none() | _NAMES,
    ),
    "/api/teams": _items(name=_NAMES),
    "/api/budgets": _items(
        name=_NAMES,
        subject=st.sampled_from(["user", "team"]),
        tag=st.none() | _NAMES,
        value=st.none() | _NAMES,
        value_name=st.none() | _NAMES,
        period=st.sampled_from(["day", "month"]),
        limit_usd=st.integers(1, 10**15).map(lambda nano: nano / 10**9),
        on_exceed=st.sampled_from(["block", "route_simple", "alert"]),
    ),
    "/api/alerts/rules": _items(
        name=_NAMES,
        metric=st.just("daily_spend"),
        operator=st.sampled_from(["gt", "lte"]),
        threshold=_FLOATS,
        channels=st.sampled_from([["email"], ["webhook", "slack"]]),
        window_minutes=st.integers(1, 10_080),
        cooldown_minutes=st.integers(1, 10_080),
        is_active=st.booleans(),
        scope=st.sampled_from(
            [
                {"by": "organization", "value": "", "tag": None, "name": ""},
                {"by": "team", "value": "team_1", "tag": None, "name": "Search"},
                {"by": "tag", "value": "eu", "tag": "region", "name": ""},
            ]
        ),
        channel_config=st.sampled_from(
            [{}, {"slack": {"url": "https://a/…1234"}}, {"webhook": {"url": "https://b/…5678", "secret": "…abcd"}}]
        ),
    ),
}


_ALIASES = st.dictionaries(
    st.sampled_from(["fast", "gpt-4o", "a/b:c"]),
    st.fixed_dictionaries(
        {
            "models": st.lists(
                st.fixed_dictionaries(
                    {"model": st.sampled_from(["gpt-4o", "claude-haiku"]), "weight": st.integers(1, 9)}
                ),
                min_size=1,
                max_size=2,
            ),
            "fallbacks": st.lists(st.sampled_from(["gpt-4o-mini", "gemini-2.5-pro"]), max_size=2),
        }
    ),
)


@st.composite
def organizations(draw: st.DrawFn) -> dict[str, Any]:
    """What the API answers about an organization."""
    found: dict[str, Any] = {resource.path: {resource.items: draw(_LISTS[resource.path])} for resource in RESOURCES}
    defaults, own = draw(_TIERS), draw(_TIERS)
    tiers = {name: {**defaults.get(name, {}), **own.get(name, {})} for name in {*defaults, *own}}
    found[ROUTING] = {"tiers": tiers, "default_tiers": defaults}
    found[ALIASES] = {"aliases": draw(_ALIASES)}
    found[SETTINGS] = {"level": draw(st.sampled_from(["off", "moderate"])), "cost_quality": draw(st.none() | _FLOATS)}
    return found


@settings(max_examples=40)
@given(organizations())
def test_an_export_that_is_applied_changes_nothing(answers: dict[str, Any]) -> None:
    state = convert(read(written(exported(answers)).encode(), "yaml"), State)
    assert plan(state, answers, {}, prune=True) == []


@settings(max_examples=40)
@given(organizations())
def test_an_export_shows_no_end_of_a_secret(answers: dict[str, Any]) -> None:
    text = written(exported(answers))
    for resource in RESOURCES:
        for part in exported(answers)[resource.section]:
            assert not set(part) & set(resource.secrets)
    assert "…1234" not in text


@settings(max_examples=40)
@given(organizations(), organizations())
def test_a_plan_for_another_organization_names_every_field_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    wanted = exported(one)
    wanted["providers"] = []  # they would need their keys
    state = convert(read(written(wanted).encode(), "yaml"), State)
    changes = plan(state, other, {}, prune=True)
    for change in changes:
        assert len({field.name for field in change.fields}) == len(change.fields)
        assert change.calls
        assert all(field.before != field.after for field in change.fields if change.kind == "change")
    assert len(lines(changes)) == len(changes) + sum(len(change.fields) for change in changes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rulez: []", "line 1: rulez: there is no such field."),
        ("settings:\n  levle: off\n", "line 2: settings.levle: there is no such field."),
        ("settings:\n  level: loud\n", "line 2: settings.level: Invalid enum value 'loud'."),
        ("keys:\n- name: a\n- name: b\n  rpm: many\n", "line 4: keys[1].rpm: Expected `int`, got `str`."),
        ("providers:\n- provider: openai\n  api_key: sk-in-the-clear\n", "line 3: providers[0].api_key: "),
        (
            "keys:\n- name: a\n  expires_at: 2099-01-01\n",
            "line 3: keys[0].expires_at: Invalid RFC3339 encoded datetime.",
        ),
        ("providers:\n- provider: azure\n", "line 2: providers[0].provider: Invalid enum value 'azure'."),
    ],
)
def test_what_the_file_gets_wrong_is_named_with_its_line(tmp_path: Any, text: str, words: str) -> None:
    file = tmp_path / "state.yaml"
    file.write_text(text)
    with pytest.raises(DocumentError) as refused:
        load(str(file))
    assert str(refused.value).startswith(f"{file}, {words}")
    assert "sk-in-the-clear" not in str(refused.value)


def test_a_file_that_is_not_there_or_of_no_known_kind_is_refused(tmp_path: Any) -> None:
    for name, words in (("none.yaml", "cannot be read"), ("state.txt", r"\.yaml")):
        with pytest.raises(DocumentError, match=words):
            load(str(tmp_path / name))


def test_the_file_of_the_documentation_is_read() -> None:
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    state = convert(read(block.encode(), "yaml"), State)
    assert all(getattr(state, field) for field in State.__struct_fields__)
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert set(read(block.encode(), "toml").data) <= known_names()
