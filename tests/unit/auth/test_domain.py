"""Auth's rules: permissions, e-mails, passwords, attempts, conditions, periods."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.auth import RoutingRule, RuleCondition
from libs.common.errors import BadRequest, ErrorDetails, Forbidden
from services.auth.accounts.domain.credentials import check_password, normalise_email
from services.auth.domain import permissions
from services.auth.domain.accounts import Caller, Role
from services.auth.domain.attempts import Attempts, network_of
from services.auth.domain.permissions import Action
from services.auth.insights.domain.periods import moment_ms, period_ms
from services.auth.routing.domain import rules, tiers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_every_role_has_its_row_and_each_may_do_all_that_the_one_below_may() -> None:
    assert set(permissions.ALLOWED) == set(get_args(Role))
    viewer, member, admin = (permissions.ALLOWED[role] for role in ("viewer", "member", "admin"))
    assert viewer < member < admin
    assert viewer == {Action.READ, Action.OWN_ACCOUNT}
    permissions.require("member", Action.WRITE_ALERTS)
    with pytest.raises(Forbidden, match="viewer"):
        permissions.require("viewer", Action.WRITE_ALERTS)


@pytest.mark.parametrize(
    ("role", "made_by", "allowed"), [("admin", "b", True), ("member", "a", True), ("member", "b", False)]
)
def test_a_key_belongs_to_its_maker_and_to_admins(role: Role, made_by: str, allowed: bool) -> None:
    caller = Caller(org_id="org", user_id="a", role=role, token_id="t", token_expires_at=NOW)
    if allowed:
        permissions.require_own_key(caller, made_by)
    else:
        with pytest.raises(Forbidden):
            permissions.require_own_key(caller, made_by)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("dev@mycompany.com", "dev@mycompany.com"),
        ("  Dev@MyCompany.COM ", "dev@mycompany.com"),
        ("a+b.c_d@x-y.co.uk", "a+b.c_d@x-y.co.uk"),
        ("ü@example.com", "ü@example.com"),
        ("o'neil@xn--bcher-kva.example", "o'neil@xn--bcher-kva.example"),
    ],
)
def test_an_email_is_stored_in_one_form(text: str, email: str) -> None:
    assert normalise_email(text) == email
    assert normalise_email(email) == email


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "a@",
            "@b.com",
            "a@b",
            "a@b.",
            "a@.com",
            "a b@c.com",
            "a@b@c.com",
            "a@-b.com",
            "a..b@c.com",
            ".a@c.com",
        ),
        *("a@b.com\x00", "a@b.com\nBcc: x@y.com", "a@b.com,c@d.com", "<a@b.com>", '"a"@b.com', "a" * 65 + "@b.com"),
        "a@" + "b" * 64 + ".com",
        "a@" + ".".join(["b" * 60] * 5) + ".com",
    ],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        normalise_email(text)


@given(st.text())
def test_whatever_passes_as_an_email_is_harmless_in_a_header(text: str) -> None:
    try:
        email = normalise_email(text + "@example.com")
    except BadRequest:
        return
    assert email.isprintable()
    assert email.count("@") == 1
    assert not set(email) & set(' \t\r\n\x00,;<>"')


@pytest.mark.parametrize(("length", "fine"), [(7, False), (8, True), (14, True), (128, True), (129, False)])
def test_a_password_is_measured_by_its_length_alone(length: int, fine: bool) -> None:
    if fine:
        check_password("p" * length)
    else:
        with pytest.raises(BadRequest):
            check_password("p" * length)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_no_window_ever_holds_more_tries_than_the_limit(gaps: list[float]) -> None:
    attempts, now, taken = Attempts(limit=5, window_seconds=60), 0.0, []
    for gap in gaps:
        now += gap
        wait = attempts.take("key", now)
        if wait is None:
            taken.append(now)
        else:
            assert 0 < wait <= 60
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[5:], strict=False))


def test_waiting_as_long_as_told_is_enough() -> None:
    attempts = Attempts(limit=2, window_seconds=60)
    assert [attempts.take("key", now) for now in (0.0, 10.0)] == [None, None]
    assert attempts.take("key", 20.0) == 40.0
    assert attempts.take("other", 20.0) is None
    assert attempts.take("key", 60.0) is None
    attempts.forget("key")
    assert attempts.take("key", 61.0) is None


def test_only_so_many_keys_are_remembered() -> None:
    attempts = Attempts(limit=1, window_seconds=60, capacity=2)
    for key in ("a", "b", "c"):
        attempts.take(key, 0.0)
    assert attempts.take("c", 1.0) is not None
    assert attempts.take("a", 1.0) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("keyword", {"keywords": ["code", "debug"]}),
        ("token_count", {"operator": "gte", "value": 0}),
        ("always", {}),
    ],
)
def test_a_condition_reads_back_as_it_was_written(kind: rules.ConditionType, value: dict[str, Any]) -> None:
    made = rules.condition(kind, value)
    assert made.type == kind
    assert rules.condition_value(made) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("keyword", {}),
        ("keyword", {"keywords": []}),
        ("keyword", {"keywords": [""]}),
        ("keyword", {"keywords": [1]}),
        ("token_count", {"operator": "gt"}),
        ("token_count", {"operator": "gt", "value": 1.5}),
        ("token_count", {"operator": "gt", "value": True}),
        ("always", {"keywords": ["a"]}),
    ],
)
def test_a_condition_that_does_not_fit_names_the_field(kind: rules.ConditionType, value: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=kind) as refusal:
        rules.condition(kind, value)
    assert refusal.value.details == ErrorDetails(param="condition_value")


def _tried(stored: rules.StoredRule) -> tuple[int, datetime, str]:
    return -stored.rule.priority, stored.created_at, stored.rule.id


_PRIORITIES = st.one_of(st.integers(-3, 3), st.sampled_from([rules.LEAST_PRIORITY, rules.MOST_PRIORITY]))


@given(st.lists(_PRIORITIES, max_size=8), st.data())
def test_any_order_of_rules_can_be_had(priorities: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.permutations([_rule(number, priority) for number, priority in enumerate(priorities)]))
    changed = {stored.rule.id: stored for stored in rules.in_order(wanted)}
    after = [changed.get(stored.rule.id, stored) for stored in wanted]
    assert sorted(after, key=_tried) == after
    assert all(rules.LEAST_PRIORITY <= stored.rule.priority <= rules.MOST_PRIORITY for stored in after)
    assert rules.in_order(after) == []


def test_two_rules_change_places_without_the_others_being_touched() -> None:
    first, second, third = _rule(1, 20), _rule(2, 10), _rule(3, 0)
    changed = rules.in_order([second, first, third])
    assert [(stored.rule.id, stored.rule.priority) for stored in changed] == [("rule_2", 20), ("rule_1", 10)]
    older, younger = _rule(1, 5), _rule(2, 5)
    assert [stored.rule.priority for stored in rules.in_order([younger, older])] == [6]


def _rule(number: int, priority: int) -> rules.StoredRule:
    rule = RoutingRule(
        id=f"rule_{number}",
        name="n",
        condition=RuleCondition(type="always"),
        action="use_model",
        action_value="m",
        priority=priority,
    )
    return rules.StoredRule(rule=rule, created_at=NOW + timedelta(seconds=number // 2))


def test_only_tiers_that_exist_can_be_forced() -> None:
    rules.check_action("force_tier", "simple")
    rules.check_action("use_model", "anything")
    with pytest.raises(BadRequest, match="simple, medium, complex"):
        rules.check_action("force_tier", "ultra")
    assert rules.condition("always", {}) == RuleCondition(type="always")


def test_tiers_change_one_by_one_and_go_back_to_the_defaults() -> None:
    defaults: tiers.Tiers = {"openai": {"simple": "mini", "complex": "big"}}
    own = tiers.changed({}, {"openai": {"simple": "nano"}, "anthropic": {"medium": "m"}})
    assert tiers.effective(defaults, own) == {
        "anthropic": {"medium": "m"},
        "openai": {"simple": "nano", "complex": "big"},
    }
    own = tiers.changed(own, {"openai": {"complex": "huge"}, "anthropic": None})
    assert own == {"openai": {"simple": "nano", "complex": "huge"}}
    assert tiers.changed(own, {"openai": None}) == {}
    assert defaults == {"openai": {"simple": "mini", "complex": "big"}}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T02:00:00 02:00", 0),
        ("1970-01-01 00:00:01", 1000),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str, ms: int) -> None:
    assert moment_ms(text, "from") == ms


def test_a_period_ends_now_and_starts_days_before() -> None:
    now_ms = int(NOW.timestamp() * 1000)
    assert period_ms(None, None, 2, NOW) == (now_ms - 2 * 86_400_000, now_ms)
    assert period_ms("2026-11-01", "2026-11-01", 2, NOW)[0] == period_ms("2026-11-01", "2026-11-01", 2, NOW)[1]
    with pytest.raises(BadRequest, match="after"):
        period_ms("2026-11-21", None, 2, NOW)
    with pytest.raises(BadRequest, match="ISO 8601"):
        period_ms(None, "soon", 2, NOW)


def test_what_is_served_of_a_role_is_what_the_guard_checks() -> None:
    for role, allowed in permissions.ALLOWED.items():
        assert set(permissions.permissions_of(role)) == allowed
    for action in Action:  # each has its words for the error
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(permissions.ALLOWED, "viewer", frozenset())
            with pytest.raises(Forbidden, match=r"may not \w+"):
                permissions.require("viewer", action)
