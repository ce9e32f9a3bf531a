"""Sides are fixed by the conversation, and come in the shares that were asked for."""

import pytest

from libs.common.ids import new_id
from services.gateway.domain.holdout import arm, conversation
from services.gateway.domain.request import Envelope


def _named(org_id: str, session: str | None, agent: str | None = None) -> str | None:
    return conversation(org_id, Envelope(raw=b"", top={}, model="m", session=session, agent=agent), None)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_the_share_is_what_was_asked_for(share: float) -> None:
    sides = [arm("org_a", str(number), share) for number in range(20_000)]
    assert sides.count("control") / len(sides) == pytest.approx(share, rel=0.15)


def test_a_larger_share_moves_conversations_only_out_of_the_levers() -> None:
    for number in range(2_000):
        sides = [arm("org_a", str(number), share) for share in (0.2, 0.1, 0.05, 0.01)]
        assert sides == sorted(sides), number


def test_organizations_and_subagents_are_apart() -> None:
    names = {_named(org, "s", agent) for org in (new_id("org"), new_id("org")) for agent in (None, "a", "b")}
    assert len(names) == 6
    assert _named("org_a", None) is None


def test_a_session_says_nothing_of_its_name() -> None:
    name = _named("org_a", "surname\ud800")
    assert name is not None
    assert "surname" not in name
