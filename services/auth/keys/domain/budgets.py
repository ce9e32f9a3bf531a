"""What may be spent, as it is written."""

from decimal import Decimal
from typing import Final

from libs.common.errors import BadRequest
from libs.common.money import nano_from_usd

_MOST_USD: Final = 1_000_000_000


def budget_nano(usd: Decimal, param: str = "monthly_budget_usd") -> int:
    """A budget in nano-dollars. `BadRequest`, about this field, unless it is more than nothing and at most a thousand million dollars."""
    if not usd.is_finite() or not 0 < usd <= _MOST_USD or (nano := nano_from_usd(usd)) == 0:
        raise BadRequest(
            f"{param} is an amount of dollars above 0, at most {_MOST_USD}.",
            param=param,
        )
    return nano
