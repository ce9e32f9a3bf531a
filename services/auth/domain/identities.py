"""A user's identity at an identity provider, and the state of a sign-in there."""

from typing import Literal

import msgspec

IdentitySource = Literal["github", "google", "oidc"]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An account at another provider, which has verified the e-mail address. `subject` is its id there, for good. `groups` and `org`
    (an organization's id) are what an OpenID Connect provider says of it.
    """

    source: IdentitySource
    subject: str
    email: str
    groups: tuple[str, ...] = ()
    org: str | None = None

    @property
    def issuer(self) -> str:
        """What all subjects of one provider begin with; empty where the source is but one."""
        return self.subject.partition("|")[0] + "|" if self.source == "oidc" else ""


class SignInState(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back from the other provider, signed. `bound_to` is the digest of the browser's cookie; organization and
    user are set where an account that is signed in already is to be linked.
    """

    nonce: str
    source: IdentitySource
    bound_to: str
    org_id: str | None = None
    user_id: str | None = None
