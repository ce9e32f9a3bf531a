"""A POST to an address that a user chose: it reaches nothing but what the guard allows, and follows nothing."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping
from typing import Final

import httpx

from libs.common.net_guard import address_allowed, listed
from services.alerts.domain.targets import forbidden_url
from services.alerts.ports import Undeliverable

_SECONDS: Final = 10.0


class SafeHttpClient:
    """Posts to public https addresses, and to the hosts that the operator lists.

    A name is looked up once, and the connection goes to the very address that was checked: it can point elsewhere a moment
    later. The certificate is checked against the name all the same.
    """

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self._allowed = allowed_hosts
        self._tls = ssl.create_default_context()  # reading the certificates takes longer than a call

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Returns when the other side answered 2xx; its answer is not read. `Undeliverable` otherwise."""
        if (reason := forbidden_url(url, self._allowed)) is not None:
            raise Undeliverable(reason, for_good=True)
        try:
            async with asyncio.timeout(_SECONDS):
                status = await self._post(httpx.URL(url), body, headers)
        except TimeoutError:
            raise Undeliverable(f"The receiver did not answer within {_SECONDS:.0f} seconds.") from None
        except (httpx.HTTPError, OSError) as error:
            raise Undeliverable(f"The receiver could not be reached ({type(error).__name__}).") from None
        if not 200 <= status < 300:
            said = "a redirect, which is not followed" if 300 <= status < 400 else str(status)
            raise Undeliverable(f"The receiver answered {said}.")

    async def _post(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> int:
        extensions = {}
        sent = {"content-type": "application/json", "user-agent": "Promptly", **headers}
        if not listed(str(url), self._allowed):
            sent["host"] = url.netloc.decode()
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=await _public_address(url.host, url.port or 443))
        async with httpx.AsyncClient(
            verify=self._tls, timeout=_SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            request = client.build_request("POST", url, content=body, headers=sent, extensions=extensions)
            response = await client.send(request, stream=True)
            await response.aclose()
            return response.status_code


async def _public_address(host: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if address_allowed(str(address[0])):
            return str(address[0])
    raise Undeliverable("Only public addresses can be called.", for_good=True)
