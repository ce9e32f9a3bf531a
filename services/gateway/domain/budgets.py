"""Which budgets a request is in, their periods, and what a refusal says."""

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b

import msgspec

from libs.common import bounded
from libs.common.budget_periods import Period
from libs.common.contracts.auth import Budget
from libs.common.contracts.events import OTHER_VALUES
from libs.common.money import written
from services.gateway.domain.request import Request

# So many values of a budget that each has one have sums of their own in a period; all others share one.
MAX_VALUES = 10_000
# A gateway leases a hundredth of a budget at a time.
_LEASES = 100


class BudgetShare(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A budget, and whose money of it a request spends: its key, team or end user, or its value of the budget's tag."""

    budget: Budget
    value: str

    @property
    def is_own(self) -> bool:
        """Whether it is the key's own, which has its limit beside the key."""
        return self.budget.subject == "key" and self.budget.id == self.value

    @property
    def lease_nano(self) -> int:
        """What a gateway leases beside what it needs."""
        return self.budget.limit_nano // _LEASES

    @property
    def others(self) -> "BudgetShare":
        """What the values share that have no sums of their own."""
        return BudgetShare(budget=self.budget, value=OTHER_VALUES)

    @cached_property
    def name(self) -> str:
        """The name of its sum, without the period. It is another one where the budget is about something else by now."""
        if self.is_own:
            return self.budget.id
        about = msgspec.json.encode((self.budget.subject, self.budget.tag, self.value))
        return f"{self.budget.id}.{blake2b(about, digest_size=12).hexdigest()}"


def is_budgeted(request: Request) -> bool:
    """Whether a request is in any budget."""
    return next(_shares(request), None) is not None


def steps_down(request: Request) -> bool:
    """Whether a request is in a budget that has it routed as a simple one."""
    return any(share.budget.on_exceed == "route_simple" for share in _shares(request))


def shares(request: Request) -> tuple[BudgetShare, ...]:
    """The budgets that a request is in. One that names no user, no such tag, or whose key is in no team is in none of those."""
    return tuple(_shares(request))


def _shares(request: Request) -> Iterator[BudgetShare]:
    principal = request.principal
    if principal.monthly_budget_nano is not None:
        own = Budget(
            id=principal.key_id,
            name="",
            subject="key",
            value=principal.key_id,
            period="month",
            limit_nano=principal.monthly_budget_nano,
            on_exceed="block",
        )
        yield BudgetShare(budget=own, value=principal.key_id)
    for budget in principal.budgets:
        value = _value(budget, request)
        if value and budget.value in (None, value):
            yield BudgetShare(budget=budget, value=value)


def _value(budget: Budget, request: Request) -> str | None:
    """As the request log has it."""
    match budget.subject:
        case "key":
            return request.principal.key_id
        case "team":
            return request.principal.team_id
        case "user":
            user = request.envelope.end_user
            return None if user is None else bounded.text(user).replace("\x00", "")
        case "tag":
            return request.overrides.tags.get(budget.tag or "")


def refusal(share: BudgetShare, period: Period, left: int, nano: int) -> str:
    """Why a call is refused; amounts in nano-dollars. `left` is what this gateway could get hold of."""
    budget = share.budget
    limit, cost = written(budget.limit_nano), written(nano)
    advice = f"It starts anew at {period.end:%Y-%m-%d %H:%M} UTC. "
    if share.is_own:
        whose, this = "this key's", "This key's budget"
        advice += f"Lower `max_tokens`, which bounds that, or have the budget raised (PATCH /api/keys/platform/{share.value})."
    else:
        whose, this = "the", f'The budget "{budget.name}"'
        advice += "Lower `max_tokens`, which bounds that, or have an admin of your organization raise the budget."
    about = "" if share.is_own or (budget.subject == "key" and budget.value is not None) else f" for {_about(share)}"
    if nano > budget.limit_nano:
        named = f"{whose} whole budget" if share.is_own else f'{whose} whole budget "{budget.name}"'
        return (
            f"This call may cost up to {cost}, which is more than {named} of {limit} a {budget.period}{about}; "
            f"so much would be set aside for it. {advice}"
        )
    when = "today" if budget.period == "day" else "this month"
    state = f"has {written(left)} left" if left > 0 else "is used up or set aside for calls under way"
    return f"{this} of {limit} for {when}{about} {state}, and this call may cost up to {cost}. {advice}"


def _about(share: BudgetShare) -> str:
    budget = share.budget
    if share.value == OTHER_VALUES:
        return f"all that came after the first {MAX_VALUES:,}"
    match budget.subject:
        case "key":
            return "this key"
        case "team":
            return "this key's team"
        case "user":
            return f"the user {share.value}"
        case "tag":
            return f"{budget.tag}={share.value}"
