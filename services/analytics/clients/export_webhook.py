"""A receiver of the operator's that takes the exported log by HTTP."""

import asyncio
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from libs.common.clock import Clock
from libs.common.errors import Unavailable
from libs.common.webhook_signature import signature

_SECONDS: Final = 60.0


class ExportWebhook:
    """Implements `ports.ObjectStore`: one POST for each object, signed, with its name, by which a receiver knows a repetition. ValueError
    where the URL is none. It goes where the operator says, and follows no redirect.
    """

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("it has to read https://host/path, without a user or a password.")
        self._https, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
        self._secret = secret
        self._clock = clock

    async def put(self, name: str, body: bytes) -> None:
        """`Unavailable` unless the receiver answers 2xx; its text is neither read nor quoted."""
        try:
            status = await asyncio.to_thread(self._post, name, body)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"The export's receiver cannot be reached ({type(error).__name__}).") from None
        if not 200 <= status < 300:
            raise Unavailable(f"The export's receiver answered {status}.")

    def _post(self, name: str, body: bytes) -> int:
        headers = {
            "content-type": "application/x-ndjson",
            "content-encoding": "gzip",
            "user-agent": "Promptly",
            "x-promptly-object": name,
            "x-promptly-signature": signature(self._secret, body, int(self._clock.now().timestamp())),
        }
        kind = HTTPSConnection if self._https else HTTPConnection
        connection = kind(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request("POST", self._path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()
