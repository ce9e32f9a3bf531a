"""Cache breakpoints that we set: nothing else in a body changes, and none is set where the client has its own."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.providers.anthropic.breakpoints import beginning

_TEXT = st.text(max_size=40)
_BLOCK = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": _TEXT}),
    st.fixed_dictionaries({"type": st.just("tool_result"), "tool_use_id": _TEXT, "content": _TEXT}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": _TEXT, "signature": _TEXT}),
    st.fixed_dictionaries({"type": _TEXT}),
)
_CONTENT = st.one_of(_TEXT, st.lists(_BLOCK, max_size=4))
_MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system"]), "content": _CONTENT})
_JSON: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=8,
)


def bare(value: Any) -> Any:
    """A value without breakpoints, a list of one plain text as that text."""
    if isinstance(value, dict):
        return {name: bare(item) for name, item in value.items() if name != "cache_control"}
    if isinstance(value, list):
        items = [bare(item) for item in value]
        match items:
            case [{"type": "text", "text": str(text), **more}] if not more:
                return text
        return items
    return value


@given(
    st.fixed_dictionaries(
        {"model": _TEXT, "messages": st.lists(_MESSAGE, max_size=9)},
        optional={
            "system": _CONTENT,
            "tools": st.lists(st.fixed_dictionaries({"name": _TEXT}, optional={"defer_loading": st.booleans()})),
            "temperature": st.floats(0, 1),
        },
    ),
    st.booleans(),
    st.sampled_from(["5m", "1h"]),
)
def test_nothing_but_breakpoints_changes(body: dict[str, Any], turns: bool, lifetime: Any) -> None:
    data = json.dumps(body).encode()
    found = beginning(data)
    if found is None:
        assert not any(message["role"] == "user" for message in body["messages"])
        return
    marked = json.loads(found.with_breakpoints(lifetime, turns=turns))
    assert bare(marked) == bare(body)
    assert list(marked) == list(body)
    assert json.dumps(marked).count('"cache_control"') <= 4
    if not turns:
        assert marked["messages"] == body["messages"]
    for tool in marked.get("tools", ()):
        assert not ("defer_loading" in tool and "cache_control" in tool)
    for message in marked["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if "cache_control" in block:
                assert message["role"] == "user"
                assert block["type"] not in ("thinking", "redacted_thinking")
                assert str(block.get("text", "x")).strip()


@given(st.dictionaries(st.sampled_from(["messages", "system", "tools", "model"]), _JSON))
def test_odd_bodies_go_out_as_they_are(body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    found = beginning(data)
    if found is not None:
        assert bare(json.loads(found.with_breakpoints("5m", turns=True))) == bare(body)


@pytest.mark.parametrize(
    "marked",
    [
        {"cache_control": {"type": "ephemeral"}},
        {"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
        {"tools": [{"name": "t", "cache_control": None}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]}]},
    ],
)
def test_a_client_s_own_breakpoints_are_left_alone(marked: dict[str, Any]) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], **marked}
    assert beginning(json.dumps(body).encode()) is None


def test_the_last_two_turns_of_the_user_s_are_marked() -> None:
    said = ["user", "assistant", "user", "user", "assistant", "user"]
    body = {"messages": [{"role": role, "content": f"{role} {at}"} for at, role in enumerate(said)]}
    found = beginning(json.dumps(body).encode())
    assert found is not None
    messages = json.loads(found.with_breakpoints("5m", turns=True))["messages"]
    assert [at for at, message in enumerate(messages) if isinstance(message["content"], list)] == [3, 5]
    assert found.continues
    assert found.earlier > found.newest > 0


def test_what_names_a_conversation_stays_from_turn_to_turn() -> None:
    first: dict[str, Any] = {"system": "s", "messages": [{"role": "user", "content": "Hello"}]}
    said = [*first["messages"], {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "More"}]
    one, two = (beginning(json.dumps({**first, "messages": said[:count]}).encode()) for count in (1, 3))
    other = beginning(json.dumps({**first, "messages": [{"role": "user", "content": "Else"}]}).encode())
    assert one is not None
    assert two is not None
    assert other is not None
    assert one.conversation == two.conversation != other.conversation
    assert one.shape == two.shape == other.shape
    assert (one.continues, two.continues) == (False, True)
