"""Counts attempts, to slow down the guessing of passwords."""

import ipaddress
from collections import OrderedDict, deque
from typing import Final

import msgspec


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How often something may be attempted: `limit` times in any `seconds`. `name` is one word, for a bus subject."""

    name: str
    limit: int
    seconds: int
    sentence: str


_SIGN_IN: Final = "Too many attempts to sign in"
LOGIN_ACCOUNT: Final = Allowance(name="login_account", limit=5, seconds=900, sentence=_SIGN_IN)
# Behind a proxy that passes no addresses on all clients share one, so an address may try much more than an account.
LOGIN_ADDRESS: Final = Allowance(name="login_address", limit=1_000, seconds=3600, sentence=_SIGN_IN)
PASSWORD_CHANGE: Final = Allowance(
    name="password", limit=5, seconds=900, sentence="Too many attempts to change the password"
)
REGISTER: Final = Allowance(
    name="register", limit=60, seconds=3600, sentence="Too many registrations from your network"
)
RESET_ADDRESS: Final = Allowance(
    name="reset_address", limit=100, seconds=3600, sentence="Too many password resets from your network"
)
RESET_EMAIL: Final = Allowance(
    name="reset_email", limit=5, seconds=3600, sentence="Too many password resets for this address"
)
# Of an organization: issuers that are looked at, webhooks that are challenged, alerts that are tried. Anybody's address may be named.
CALLS_OUT: Final = Allowance(
    name="calls_out", limit=60, seconds=3600, sentence="Your organization had too many addresses tried"
)


_SHORTEST: Final = 1e-6  # seconds: no sum of floats may say that there is nothing to wait for


class Attempts:
    """At most `limit` tries per key in any `window_seconds`. A try counts when it starts, so that many at once are many.

    Remembers the `capacity` keys that were used last.
    """

    def __init__(self, limit: int, window_seconds: float, capacity: int = 10_000) -> None:
        self._limit = limit
        self._window = window_seconds
        self._capacity = capacity
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, now: float) -> float | None:
        """Count a try at `now` (seconds on a monotonic clock); where there were too many, the seconds to wait instead."""
        tries = self._tries.setdefault(key, deque())
        self._tries.move_to_end(key)
        if len(self._tries) > self._capacity:
            self._tries.popitem(last=False)
        while tries and now - tries[0] >= self._window:
            tries.popleft()
        if len(tries) >= self._limit:
            return max(tries[0] + self._window - now, _SHORTEST)
        tries.append(now)
        return None

    def undo(self, key: str) -> None:
        """The last try does not count."""
        if tries := self._tries.get(key):
            tries.pop()

    def forget(self, key: str) -> None:
        """It was the right password: earlier tries no longer count."""
        self._tries.pop(key, None)


def network_of(address: str) -> str:
    """The network that an address stands for in counting: its /24 or /64, because single addresses are cheap."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


def client_of(address: str) -> str | None:
    """Whom a limit per address counts: the address, or the /64 that one household has.

    None for this machine: there sits a proxy of everybody's, or a developer, and neither is to be locked out.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return None
    return str(ip) if ip.version == 4 else network_of(str(ip))
