"""The addresses that auth gives out: pages of the dashboard, and where other providers send the browser back to.

Tokens stand behind the #, which browsers send to nobody.
"""

from urllib.parse import urlencode

import msgspec


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Both without a slash at the end: where Promptly is reached, and where its dashboard is."""

    public_url: str
    frontend_url: str

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
