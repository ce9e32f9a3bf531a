"""Changing a password: with the old one, with a link by mail, or with a link from the operator."""

import secrets
from datetime import datetime, timedelta

from libs.common.clock import Clock
from libs.common.contracts.auth import PasswordReset
from libs.common.errors import BadRequest, NotFound, RateLimited
from services.auth.accounts.addresses import find_account
from services.auth.accounts.domain.credentials import check_password, normalise_email
from services.auth.accounts.domain.mails import RevokedOnReset, reset_mail, verify_mail
from services.auth.domain.accounts import Caller, User
from services.auth.domain.attempts import PASSWORD_CHANGE, RESET_ADDRESS, RESET_EMAIL, client_of
from services.auth.domain.links import Links
from services.auth.domain.one_time_tokens import RESET_LASTS, VERIFY_LASTS, Kind, OneTimeToken, digest_of, holder_of
from services.auth.keys.api_keys import revoke_key
from services.auth.keys.domain.keys import ApiKey, ControlKey, StoredProviderKey
from services.auth.ports import EventPublisher, Limits, Mailer, Passwords, RunInBackground, Tx, UnitOfWork


class Recovery:
    """Whichever way a password is changed, every token issued before stops working."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        passwords: Passwords,
        limits: Limits,
        publisher: EventPublisher,
        mailer: Mailer,
        links: Links,
        clock: Clock,
        in_background: RunInBackground,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._limits = limits
        self._publisher = publisher
        self._mailer = mailer
        self._links = links
        self._clock = clock
        self._in_background = in_background

    @property
    def mails(self) -> bool:
        """Whether a link by mail arrives anywhere."""
        return self._mailer.configured

    async def change(self, caller: Caller, old: str, new: str) -> User:
        """The user with the new password. `BadRequest` for a wrong old one or an unusable new one."""
        check_password(new, "new_password")
        await self._limits.take(PASSWORD_CHANGE, caller.user_id)
        async with self._uow() as tx:
            user = await tx.accounts.user(caller.org_id, caller.user_id)
            known = None if user is None else await tx.accounts.credentials(user.email)
        stored = None if known is None else known.password_hash
        if known is not None and stored is None:
            raise BadRequest(
                "This account has no password yet; ask for one by mail, on the page for forgotten passwords.",
                param="old_password",
            )
        if not await self._passwords.matches(stored, old):
            raise BadRequest("The old password is wrong.", param="old_password")
        await self._limits.forget(PASSWORD_CHANGE, caller.user_id)
        return await self._set(caller.org_id, caller.user_id, await self._passwords.hash(new))

    async def request_reset(self, email: str, address: str) -> None:
        """Mail a link, if this address is registered; the answer does not show whether it is. `RateLimited` after
        a hundred questions from one address within an hour; past five about one e-mail nothing more is sent.
        """
        normalise_email(email)
        if (client := client_of(address)) is not None:
            await self._limits.take(RESET_ADDRESS, client)
        try:
            await self._limits.take(RESET_EMAIL, normalise_email(email))
        except RateLimited:
            return
        # In the background, so that the answer takes as long for an unknown address.
        self._in_background(self._mail(email))

    async def request_verification(self, user: User) -> None:
        """Mail a code to a user whose address is not confirmed; nothing where no mail is set up."""
        if user.verified or not self._mailer.configured:
            return
        await self._limits.take(RESET_EMAIL, user.email)
        async with self._uow() as tx:
            token, _ = await self._put(tx, user, "verify", VERIFY_LASTS)
        self._in_background(self._mailer.send(verify_mail(user.email, token)))

    async def verify(self, caller: Caller, token: str) -> None:
        """Confirm the caller's address with the code out of the mail: only who is signed in and reads the mail has both."""
        async with self._uow() as tx:
            holder = holder_of(await tx.one_time_tokens.find(digest_of(token), "verify"), self._clock.now())
            if (holder.org_id, holder.subject_id) != (caller.org_id, caller.user_id):
                raise BadRequest("This code is for another account.", code="invalid_token")
            await tx.one_time_tokens.take(digest_of(token), "verify")
            await tx.accounts.verify(caller.org_id, caller.user_id)

    async def link_for(self, email: str) -> PasswordReset:
        """A link for the operator of this installation; `NotFound` where no user has this e-mail."""
        made = await self._reset_token(email)
        if made is None:
            raise NotFound("Nobody is registered with this e-mail address.")
        return made

    async def confirm(self, token: str, password: str) -> None:
        """Set the password; `BadRequest` unless the token is fresh and unused. The first time for an address that nobody has
        shown to be theirs, the keys, invitations and sign-ins that were there before are gone; the mail with the link said which.
        """
        check_password(password)
        digest = digest_of(token)
        async with self._uow() as tx:
            # Checked before the expensive hash is computed, so that guessing tokens costs us little.
            holder_of(await tx.one_time_tokens.find(digest, "reset"), self._clock.now())
        password_hash = await self._passwords.hash(password)
        async with self._uow() as tx:
            holder = holder_of(await tx.one_time_tokens.take(digest, "reset"), self._clock.now())
            await tx.one_time_tokens.drop(holder.org_id, holder.subject_id)
            user = await tx.accounts.set_password(holder.org_id, holder.subject_id, password_hash)
            if not user.verified:
                await self._disown(tx, user)
        await self._publisher.access_changed(user.org_id, user.id)
        if not user.verified:
            await self._publisher.principal_changed(user.org_id)

    async def _disown(self, tx: Tx, user: User) -> None:
        """Take away all that somebody made who never showed that the address is theirs: they may be somebody else, who
        registered it first. Sessions end with every change of the password.
        """
        keys, control_keys, provider_keys = await _made_by(tx, user)
        for key in keys:
            await revoke_key(tx, key, user.id, self._clock.now())
        for control_key in control_keys:
            await tx.control_keys.delete(control_key)
        for stored in provider_keys:
            await tx.provider_keys.delete(user.org_id, stored.id)
        await tx.accounts.remove_identities(user)
        await tx.invites.delete_by(user.org_id, user.id)
        await tx.accounts.verify(user.org_id, user.id)

    async def _set(self, org_id: str, user_id: str, password_hash: str) -> User:
        async with self._uow() as tx:
            await tx.one_time_tokens.drop(org_id, user_id)
            user = await tx.accounts.set_password(org_id, user_id, password_hash)
        await self._publisher.access_changed(org_id, user_id)
        return user

    async def _mail(self, email: str) -> None:
        made = await self._reset_token(email)
        async with self._uow() as tx:
            known = await find_account(tx, email)
            ends = None if known is None or known.user.verified else await self._ends(tx, known.user)
        if made is not None and known is not None:
            await self._mailer.send(reset_mail(known.user.email, made.link, ends))

    async def _ends(self, tx: Tx, user: User) -> RevokedOnReset:
        keys, control_keys, provider_keys = await _made_by(tx, user)
        return RevokedOnReset(
            keys=(*map(_named, keys), *map(_named, control_keys)),
            provider_keys=tuple(f"{key.provider} {key.label}" for key in provider_keys),
            sources=tuple(await tx.accounts.identities(user)),
            others=tuple(one.email for one in await tx.accounts.members(user.org_id) if one.id != user.id),
        )

    async def _reset_token(self, email: str) -> PasswordReset | None:
        async with self._uow() as tx:
            known = await find_account(tx, email)
            if known is None:
                return None
            token, expires_at = await self._put(tx, known.user, "reset", RESET_LASTS)
        return PasswordReset(
            token=token, link=self._links.reset(token), expires_at_ms=int(expires_at.timestamp() * 1000)
        )

    async def _put(self, tx: Tx, user: User, kind: Kind, lasts: timedelta) -> tuple[str, datetime]:
        token, expires_at = secrets.token_urlsafe(32), self._clock.now() + lasts
        await tx.one_time_tokens.put(
            OneTimeToken(
                digest=digest_of(token), kind=kind, expires_at=expires_at, org_id=user.org_id, subject_id=user.id
            )
        )
        return token, expires_at


async def _made_by(tx: Tx, user: User) -> tuple[list[ApiKey], list[ControlKey], list[StoredProviderKey]]:
    """The keys that a user made or knows; of an organization that is theirs alone all, those of providers too: an address that
    a stranger chose would read every prompt.
    """
    alone = len(await tx.accounts.members(user.org_id)) == 1
    keys = [key for key in await tx.api_keys.all(user.org_id) if alone or user.id in (key.holder, key.created_by)]
    control = [key for key in await tx.control_keys.all(user.org_id) if alone or key.created_by == user.id]
    return keys, control, list(await tx.provider_keys.all(user.org_id)) if alone else []


def _named(key: ApiKey | ControlKey) -> str:
    return f"{key.name} (…{key.last4})"
