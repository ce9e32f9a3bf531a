"""What was spent of a budget."""

import msgspec

from libs.common.budget_periods import Period


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """Nano-dollars that were spent in the period: of a budget with a value, and else by the values that spent most. Empty where analytics
    could not say.
    """

    period: Period
    nano: int | None = None
    values: tuple[tuple[str, int], ...] = ()
