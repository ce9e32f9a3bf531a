"""Requests to addresses that a user chose: they reach nothing but what the guard allows, follow nothing, and are bounded."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping

import httpx

from libs.common.net_guard import address_allowed, forbidden_url, listed


class Unreachable(Exception):
    """There is no answer that could be used; the message is a sentence. `for_good`: the address itself is not allowed."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class GuardedHttp:
    """Calls public https addresses, and the hosts that the operator lists.

    A name is looked up once, and the connection goes to the very address that was checked: it can point elsewhere a moment
    later. The certificate is checked against the name all the same.
    """

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self._allowed = allowed_hosts
        self._tls = ssl.create_default_context()  # reading the certificates takes longer than a call

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        seconds: float,
        largest: int,
    ) -> tuple[int, bytes]:
        """The status and the body, of at most `largest` bytes (0: it is not read), all within `seconds`; `Unreachable`."""
        if (reason := forbidden_url(url, self._allowed)) is not None:
            raise Unreachable(reason, for_good=True)
        try:
            async with asyncio.timeout(seconds):
                return await self._request(method, httpx.URL(url), headers, body, seconds, largest)
        except TimeoutError:
            raise Unreachable(f"The other side did not answer within {seconds:.0f} seconds.") from None
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"The other side could not be reached ({type(error).__name__}).") from None

    async def _request(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None, seconds: float, largest: int
    ) -> tuple[int, bytes]:
        extensions = {}
        # What is packed could unpack to any size.
        sent = {"user-agent": "Promptly", "accept-encoding": "identity", **headers}
        if not listed(str(url), self._allowed):
            sent["host"] = url.netloc.decode()
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=await _public_address(url.host, url.port or 443))
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=seconds, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, content=body, headers=sent, extensions=extensions) as response,
        ):
            return response.status_code, await _read(response, largest) if largest else b""


async def _read(response: httpx.Response, largest: int) -> bytes:
    found = bytearray()
    async for piece in response.aiter_raw():
        found += piece
        if len(found) > largest:
            raise Unreachable(f"The other side answered with more than {largest} bytes.")
    return bytes(found)


async def _public_address(host: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if address_allowed(str(address[0])):
            return str(address[0])
    raise Unreachable("Only public addresses can be called.", for_good=True)
