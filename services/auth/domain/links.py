"""The addresses that auth gives out: pages of the dashboard and of traces, and where other providers send the browser back to.

Tokens stand behind the #, which browsers send to nobody.
"""

from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

_TRACE_ID: Final = "{trace_id}"


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where Promptly is reached, and where its dashboard is, both without a slash at the end; the page of a trace, if any."""

    public_url: str
    frontend_url: str
    trace_url: str | None = None

    @property
    def https(self) -> bool:
        """Whether browsers reach us over https."""
        return self.public_url.startswith("https://")

    def reset(self, token: str) -> str:
        """The page that takes a new password."""
        return f"{self.frontend_url}/auth/reset#token={token}"

    def invite(self, token: str) -> str:
        """The page that accepts an invitation."""
        return f"{self.frontend_url}/auth/invite#token={token}"

    def callback(self, source: str) -> str:
        """Where another provider sends the browser back to."""
        return f"{self.public_url}/api/auth/oauth/{source}/callback"

    def returned(self, **query: str) -> str:
        """The page of the dashboard on which a sign-in through another provider ends."""
        return f"{self.frontend_url}/auth/callback?{urlencode(query)}"

    @property
    def organization(self) -> str:
        """The page of the dashboard on which admins choose their reports."""
        return f"{self.frontend_url}/organization"

    def trace(self, trace_id: str | None) -> str | None:
        """The page of a trace, where there is one."""
        return None if self.trace_url is None or trace_id is None else self.trace_url.replace(_TRACE_ID, trace_id)


def trace_page(url: str) -> str:
    """The address of traces' pages, checked: it is given to browsers as a link. `ValueError` says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or _TRACE_ID in parts.netloc:
        raise ValueError("it is no http or https address")
    if _TRACE_ID not in url:
        raise ValueError(f"{_TRACE_ID} does not stand in it, as in http://localhost:16686/trace/{_TRACE_ID}")
    return url
