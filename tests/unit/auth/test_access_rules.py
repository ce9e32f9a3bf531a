"""The rules behind teams, one-time secrets, budgets and limits per address, without a store."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import BadRequest, Conflict, Forbidden, NotFound
from services.auth.accounts.domain.mails import reset_mail
from services.auth.domain.accounts import Org, Role, User
from services.auth.domain.attempts import Attempts, client_of
from services.auth.domain.links import Links, trace_page
from services.auth.domain.one_time_tokens import OneTimeToken, digest_of, holder_of
from services.auth.keys.domain.budgets import budget_nano
from services.auth.team.domain.mails import invite_mail
from services.auth.team.domain.members import Invite, check_can_invite, member_to_change

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROLES: tuple[Role, ...] = get_args(Role)


def _member(number: int, role: Role) -> User:
    return User(id=f"usr_{number}", org_id="org", email=f"{number}@b.com", role=role, version=1, created_at=NOW)


def _org(**changes: Any) -> Org:
    return Org(**{"id": "org", "name": "n", "account_type": "team", "created_at": NOW, **changes})


@given(st.lists(st.sampled_from(ROLES), min_size=1, max_size=5), st.data())
def test_whatever_happens_an_admin_remains(roles: list[Role], data: st.DataObject) -> None:
    members = [_member(number, role) for number, role in enumerate(["admin", *roles])]
    for _ in range(10):
        target = data.draw(st.sampled_from(members))
        role: Role | None = data.draw(st.sampled_from((None, *ROLES)))
        try:
            member_to_change(members, target.id, role)
        except Conflict:
            continue
        position = members.index(target)
        members[position : position + 1] = [] if role is None else [_member(int(target.id[4:]), role)]
        assert any(member.role == "admin" for member in members)


def test_nobody_else_is_a_member() -> None:
    with pytest.raises(NotFound):
        member_to_change([_member(0, "admin")], "usr_1", "viewer")


@pytest.mark.parametrize("inviter", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_invites_above_their_own_role_or_to_a_personal_account(inviter: Role, role: Role) -> None:
    if ROLES.index(role) < ROLES.index(inviter):
        with pytest.raises(Forbidden):
            check_can_invite(_org(), _member(0, inviter), role)
    else:
        check_can_invite(_org(), _member(0, inviter), role)
    with pytest.raises(Forbidden, match="personal"):
        check_can_invite(_org(account_type="personal"), _member(0, inviter), role)


def _ticket(**changes: Any) -> OneTimeToken:
    plain = {"digest": "d", "kind": "reset", "expires_at": NOW + timedelta(seconds=1), "org_id": "o", "subject_id": "s"}
    return OneTimeToken(**{**plain, **changes})


@pytest.mark.parametrize(
    ("one_time_token", "bound_to", "good"),
    [
        (_ticket(), None, True),
        (_ticket(bound_to="c"), "c", True),
        (None, None, False),
        (_ticket(expires_at=NOW), None, False),
        (_ticket(bound_to="c"), None, False),
        (_ticket(bound_to="c"), "d", False),
        (_ticket(), "c", False),
        (_ticket(org_id=None), None, False),
        (_ticket(subject_id=None), None, False),
    ],
)
def test_a_ticket_is_good_for_its_holder_for_its_time(
    one_time_token: OneTimeToken | None, bound_to: str | None, good: bool
) -> None:
    if good:
        holder = holder_of(one_time_token, NOW, bound_to=bound_to)
        assert (holder.org_id, holder.subject_id) == ("o", "s")
    else:
        with pytest.raises(BadRequest):
            holder_of(one_time_token, NOW, bound_to=bound_to)


def test_any_text_has_a_digest() -> None:
    assert len({digest_of(text) for text in ("", "a", "é", "\ud800")}) == 4


@given(st.decimals(min_value=Decimal("0.000000001"), max_value=1_000_000_000, places=9))
def test_a_budget_is_exact_to_the_nano_dollar(usd: Decimal) -> None:
    assert Decimal(budget_nano(usd)) == usd * 1_000_000_000


@pytest.mark.parametrize("usd", ["0", "-0.01", "NaN", "sNaN", "Infinity", "-Infinity", "1e-10", "1000000000.01"])
def test_a_budget_is_more_than_nothing_and_less_than_everything(usd: str) -> None:
    with pytest.raises(BadRequest, match="monthly_budget_usd"):
        budget_nano(Decimal(usd))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", None),
        ("127.1.2.3", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("unix", None),
        ("", None),
    ],
)
def test_a_limit_per_address_counts_whoever_is_far_away(address: str, counted: str | None) -> None:
    assert client_of(address) == counted


def test_a_try_can_be_taken_back() -> None:
    attempts = Attempts(limit=1, window_seconds=60)
    assert attempts.take("a", 0.0) is None
    attempts.undo("a")
    attempts.undo("a")
    attempts.undo("nobody")
    assert attempts.take("a", 1.0) is None
    assert attempts.take("a", 2.0) == 59.0


def test_links_keep_tokens_from_servers() -> None:
    links = Links(public_url="https://api.example.com", frontend_url="https://app.example.com")
    assert links.https
    assert links.reset("t") == "https://app.example.com/auth/reset#token=t"
    assert links.invite("t") == "https://app.example.com/auth/invite#token=t"
    assert links.callback("github") == "https://api.example.com/api/auth/oauth/github/callback"
    assert links.returned(error="a & b") == "https://app.example.com/auth/callback?error=a+%26+b"


def test_a_trace_has_a_page_only_where_the_operator_said_so() -> None:
    here = Links(
        public_url="http://p", frontend_url="http://p", trace_url=trace_page("http://j:16686/trace/{trace_id}?x")
    )
    assert here.trace("0af7") == "http://j:16686/trace/0af7?x"
    assert here.trace(None) is None
    assert Links(public_url="http://p", frontend_url="http://p").trace("0af7") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:16686/trace/",
        "http://localhost:16686/trace/{id}",
        "localhost:16686/trace/{trace_id}",
        "javascript:alert('{trace_id}')",
        "http://{trace_id}.example.com/",
        "https:///{trace_id}",
        "//host/{trace_id}",
    ],
)
def test_what_cannot_be_linked_to_is_no_page_of_traces(url: str) -> None:
    with pytest.raises(ValueError, match="it"):
        trace_page(url)


def test_a_mail_says_who_what_and_where() -> None:
    invite = Invite(
        id="inv_1", org_id="org", email="a@b.com", role="viewer", invited_by="u", created_at=NOW, expires_at=NOW
    )
    mail = invite_mail(invite, _org(name="Two\r\nLines"), "https://link")
    assert (mail.to, mail.subject) == ("a@b.com", "You are invited to Two Lines on Promptly")
    assert "https://link" in mail.text
    assert "https://link" in reset_mail("a@b.com", "https://link").text
