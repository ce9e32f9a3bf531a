"""Money is an integer number of nano-dollars (10⁻⁹ USD), so that sums are exact.

A price per million tokens can need a fraction of a nano-dollar per token, so prices are integer pico-dollars (10⁻¹² USD)
per token, and a sum is rounded to nano-dollars once, half to even.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

NANO = 1_000_000_000


def nano_from_usd(usd: Decimal | str | int) -> int:
    """Nano-dollars, rounded half to even."""
    return int((Decimal(usd) * NANO).to_integral_value(ROUND_HALF_EVEN))


def usd(nano: int) -> float:
    """Dollars for JSON; the shortest decimal that reads back as the same nano-dollars."""
    return nano / NANO


@lru_cache(4096)  # of one table of prices
def pico_per_token(usd_per_million: Decimal | str) -> int:
    """A price as pico-dollars per token: $0.15 per million is 150,000."""
    return int((Decimal(usd_per_million) * 1_000_000).to_integral_value(ROUND_HALF_EVEN))


def nano_from_pico(pico: int) -> int:
    """Whole nano-dollars, half to even; right for negative amounts too."""
    whole, rest = divmod(pico, 1000)
    return whole + (rest > 500 or (rest == 500 and whole % 2 == 1))


def written(nano: int) -> str:
    """Nano-dollars as people read them, exactly: `$25.00`, `$0.0000125`."""
    whole, rest = divmod(abs(nano), NANO)
    digits = f"{rest:09d}".rstrip("0").ljust(2, "0")
    return f"{'-' if nano < 0 else ''}${whole:,}.{digits}"
