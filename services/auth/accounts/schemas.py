"""Bodies and answers about accounts, sign-ins and the organization."""

from typing import Annotated, Self

import msgspec

from services.auth.domain import accounts
from services.auth.domain.accounts import AccountType, Role
from services.auth.domain.identities import IdentitySource
from services.auth.domain.permissions import Action
from services.auth.schemas import Answer, Text, Time, iso
from services.auth.settings import Registration

# Longer than a password or a token may be, so that each limit is checked in one place; short enough to cost nothing.
Secret = Annotated[str, msgspec.Meta(max_length=1024)]


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a registration."""

    org_name: Text
    email: Text
    password: Secret
    account_type: AccountType = "personal"
    bootstrap_token: Secret | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a login."""

    email: Text
    password: Secret


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """Another password."""

    old_password: Secret
    new_password: Secret


class ResetBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password was forgotten."""

    email: Text


class ResetConfirmBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token out of the link, and the new password."""

    token: Secret
    password: Secret


class VerifyBody(msgspec.Struct, frozen=True, kw_only=True):
    """The code out of the mail."""

    token: Secret


class OrgChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of an organization; in a deletion its name, to be sure."""

    name: Text


class User(Answer, frozen=True, kw_only=True):
    """A person in one organization."""

    id: str
    email: str
    role: Role
    created_at: Time
    suspended: bool

    @classmethod
    def of(cls, user: accounts.User) -> Self:
        """From the stored user."""
        return cls(
            id=user.id, email=user.email, role=user.role, created_at=iso(user.created_at), suspended=user.suspended
        )


class Org(Answer, frozen=True, kw_only=True):
    """An organization."""

    id: str
    name: str
    account_type: AccountType
    created_at: Time

    @classmethod
    def of(cls, org: accounts.Org) -> Self:
        """From the stored organization."""
        return cls(id=org.id, name=org.name, account_type=org.account_type, created_at=iso(org.created_at))


class Account(Answer, frozen=True, kw_only=True):
    """A user and the user's organization."""

    user: User
    org: Org


class Me(Account, frozen=True, kw_only=True):
    """Who the token belongs to, and what the user's role may do."""

    permissions: tuple[Action, ...]


class SignedIn(Account, frozen=True, kw_only=True):
    """A token, which lasts twelve hours, and whose it is."""

    token: str


class Registered(SignedIn, frozen=True, kw_only=True):
    """A new organization; its first API key is shown only here."""

    api_key: str


class Message(Answer, frozen=True, kw_only=True):
    """A sentence."""

    detail: str


class EntryOptions(Answer, frozen=True, kw_only=True):
    """How to sign in or register here: `registration` is `first` until there is an organization, and `invite` where it is closed.
    `oidc_name` is what the OpenID Connect provider is called, where there is one.
    """

    registration: Registration
    bootstrap_token: bool
    oauth: tuple[IdentitySource, ...]
    oidc_name: str | None
    mail: bool


class SignIns(Answer, frozen=True, kw_only=True):
    """How the caller signs in."""

    password: bool
    oauth: tuple[IdentitySource, ...]


class Redirect(Answer, frozen=True, kw_only=True):
    """Where to redirect the browser."""

    url: str
