"""A POST to an address that a user chose; `libs.common.guarded_http` says what it may reach."""

from collections.abc import Collection, Mapping
from typing import Final

from libs.common.guarded_http import GuardedHttp, Unreachable
from services.alerts.ports import Undeliverable

_SECONDS: Final = 10.0


class SafeHttpClient:
    """Posts JSON."""

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self._http = GuardedHttp(allowed_hosts)

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Returns when the other side answered 2xx; its answer is not read. `Undeliverable` otherwise."""
        await self.ask(url, body, headers, largest=0)

    async def ask(self, url: str, body: bytes, headers: Mapping[str, str], *, largest: int) -> bytes:
        """What the other side answered with a 2xx, at most `largest` bytes. `Undeliverable` otherwise."""
        sent = {"content-type": "application/json", **headers}
        try:
            status, answer = await self._http.request(
                "POST", url, headers=sent, body=body, seconds=_SECONDS, largest=largest
            )
        except Unreachable as error:
            raise Undeliverable(str(error), for_good=error.for_good) from None
        if not 200 <= status < 300:
            said = "a redirect, which is not followed" if 300 <= status < 400 else str(status)
            raise Undeliverable(f"The receiver answered {said}.")
        return answer
