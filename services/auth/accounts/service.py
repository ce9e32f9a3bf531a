"""Registering an organization, and looking after it."""

import hmac
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import OptimizationSettings
from libs.common.errors import Conflict, Forbidden, Unauthorized
from libs.common.ids import new_id
from services.auth.accounts.addresses import find_account
from services.auth.accounts.domain.credentials import check_password, normalise_email
from services.auth.audited import record_change
from services.auth.domain.accounts import AccountType, Caller, Org, User
from services.auth.domain.attempts import REGISTER, client_of
from services.auth.domain.identities import IdentitySource
from services.auth.keys.api_keys import ApiKeys, NewKey
from services.auth.ports import Limits, Passwords, Tx, UnitOfWork
from services.auth.settings import Registration

T = TypeVar("T")


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A new organization, its admin, and its first key in the clear: the only time that it is seen."""

    org: Org
    user: User
    api_key: str


class SignIns(msgspec.Struct, frozen=True, kw_only=True):
    """How a user signs in: with a password, through identity providers, or both."""

    password: bool
    oauth: Sequence[IdentitySource]


class Accounts:
    """Organizations and their users."""

    def __init__(
        self,
        uow: UnitOfWork,
        passwords: Passwords,
        keys: ApiKeys,
        clock: Clock,
        limits: Limits,
        registration: Registration,
        bootstrap_token: str | None = None,
    ) -> None:
        self._bootstrap_token = bootstrap_token
        self._uow = uow
        self._limits = limits
        self._passwords = passwords
        self._keys = keys
        self._clock = clock
        self._registration = registration

    async def register(
        self,
        *,
        org_name: str,
        email: str,
        password: str,
        account_type: AccountType,
        address: str,
        bootstrap_token: str | None = None,
    ) -> Registered:
        """An organization with an admin, default settings and a first key, or nothing of it.

        `Conflict` where the e-mail is taken, `Forbidden` where registration is closed, `BadRequest` for a bad e-mail or
        password, `RateLimited` after too many tries from one address within an hour. The first organization needs the
        `bootstrap_token`, where one is set.
        """
        self._check_open()
        await self._check_bootstrap(bootstrap_token)
        email = normalise_email(email)
        check_password(password)
        if (client := client_of(address)) is not None:
            await self._limits.take(REGISTER, client)
        password_hash = await self._passwords.hash(password)
        async with self._uow() as tx:
            org, user = await self._add(tx, org_name, email, account_type, password_hash)
            secret, key = self._keys.make(org.id, user.id, NewKey(name="Default"))
            await tx.api_keys.add(key)
        return Registered(org=org, user=user, api_key=secret)

    async def create_personal_org(self, tx: Tx, email: str) -> User:
        """The admin of a new personal organization, whose e-mail an identity provider has verified: no password, no key. Raises as
        `register` does.
        """
        self._check_open()
        await self._check_bootstrap(None)
        _, user = await self._add(tx, email.partition("@")[0], email, "personal", None)
        return user

    async def registration(self) -> Registration:
        """Who may register now: `first` is over once there is an organization."""
        if self._registration != "first":
            return self._registration
        async with self._uow() as tx:
            return "invite" if await tx.accounts.any_org() else "first"

    async def wants_bootstrap_token(self) -> bool:
        """Whether the next registration needs it: the first one, where the operator has set one."""
        if self._bootstrap_token is None:
            return False
        async with self._uow() as tx:
            return not await tx.accounts.any_org()

    def _check_open(self) -> None:
        if self._registration == "invite":
            raise Forbidden("Registration is closed here; ask an admin to invite you.")

    async def _check_bootstrap(self, token: str | None) -> None:
        """The first to register owns a new installation; only its operator knows the token."""
        if self._bootstrap_token is None or hmac.compare_digest(
            (token or "").encode("utf-8", "surrogatepass"), self._bootstrap_token.encode()
        ):
            return
        if await self.wants_bootstrap_token():
            raise Forbidden(
                "The first registration needs `bootstrap_token`: the value of PROMPTLY_BOOTSTRAP_TOKEN, which whoever runs"
                " this installation knows.",
                code="bootstrap_token_required",
            )

    async def _add(
        self, tx: Tx, org_name: str, email: str, account_type: AccountType, password_hash: str | None
    ) -> tuple[Org, User]:
        if self._registration == "first" and not await tx.accounts.lock_first_org():
            raise Forbidden("Registration is closed: an organization exists already. Ask its admin to invite you.")
        now = self._clock.now()
        org = Org(id=new_id("org"), name=org_name, account_type=account_type, created_at=now)
        user = User(
            id=new_id("usr"),
            org_id=org.id,
            email=email,
            role="admin",
            version=1,
            created_at=now,
            verified=password_hash
            is None,  # without one the user comes from an identity provider, which has verified the address
        )
        if await find_account(tx, email) is not None or not await tx.accounts.add(org, user, password_hash):
            raise Conflict("This e-mail address is already registered.", code="email_taken")
        await tx.configuration.put_settings(org.id, OptimizationSettings())
        return org, user

    async def me(self, caller: Caller) -> tuple[User, Org]:
        """The caller and the caller's organization."""
        async with self._uow() as tx:
            user = _existing(await tx.accounts.user(caller.org_id, caller.user_id))
            return user, _existing(await tx.accounts.org(caller.org_id))

    async def sign_ins(self, caller: Caller) -> SignIns:
        """How the caller signs in."""
        async with self._uow() as tx:
            user = _existing(await tx.accounts.user(caller.org_id, caller.user_id))
            known = await tx.accounts.credentials(user.email)
            has_password = known is not None and known.password_hash is not None
            return SignIns(password=has_password, oauth=await tx.accounts.identities(user))

    async def org(self, who: Caller | User) -> Org:
        """The organization of a user."""
        async with self._uow() as tx:
            return _existing(await tx.accounts.org(who.org_id))

    async def rename_org(self, caller: Caller, name: str) -> Org:
        """Give the organization another name."""
        async with self._uow() as tx:
            await tx.accounts.lock(caller.org_id)
            before = _existing(await tx.accounts.org(caller.org_id))
            await tx.accounts.rename(caller.org_id, name)
            names = ({"name": before.name}, {"name": name})
            await record_change(tx, caller, "organization_renamed", self._clock.now(), {}, *names)
            return _existing(await tx.accounts.org(caller.org_id))


def _existing(found: T | None) -> T:
    if found is None:
        raise Unauthorized("This account does not exist any more.", code="invalid_token")
    return found
