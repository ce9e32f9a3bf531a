"""Members: invited, promoted, demoted, removed."""

import secrets
from collections.abc import Sequence

import msgspec

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from libs.common.ids import new_id
from services.auth.accounts.addresses import find_account, require_verified
from services.auth.accounts.domain.credentials import check_password, normalise_email
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import record, record_change
from services.auth.domain import permissions
from services.auth.domain.accounts import Caller, Role, User
from services.auth.domain.links import Links
from services.auth.domain.one_time_tokens import OneTimeToken, digest_of, holder_of
from services.auth.domain.permissions import Action
from services.auth.keys.api_keys import revoke_key
from services.auth.ports import EventPublisher, Mailer, Passwords, RunInBackground, Tx, UnitOfWork
from services.auth.team.domain.mails import invite_mail
from services.auth.team.domain.members import INVITE_LASTS, MOST_INVITES, Invite, check_can_invite, member_to_change

TAKEN = "This e-mail address is already registered."


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation and the link that accepts it: the only time that it is seen. `mailed`: it was sent as well."""

    invite: Invite
    link: str
    mailed: bool


class Team:
    """Who belongs to an organization. All changes of one organization's happen one after another."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        transactions: AnnouncedTransactions,
        passwords: Passwords,
        publisher: EventPublisher,
        mailer: Mailer,
        links: Links,
        clock: Clock,
        in_background: RunInBackground,
        verified_only: bool = False,
    ) -> None:
        self._verified_only = verified_only
        self._uow = uow
        self._transactions = transactions
        self._passwords = passwords
        self._publisher = publisher
        self._mailer = mailer
        self._links = links
        self._clock = clock
        self._in_background = in_background

    async def members(self, caller: Caller) -> Sequence[User]:
        """The organization's users, oldest first."""
        async with self._uow() as tx:
            return await tx.accounts.members(caller.org_id)

    async def invites(self, caller: Caller) -> Sequence[Invite]:
        """Invitations that can still be accepted, oldest first."""
        async with self._uow() as tx:
            return [i for i in await tx.invites.all(caller.org_id) if i.expires_at > self._clock.now()]

    async def invite(self, caller: Caller, email: str, role: Role) -> Invited:
        """Invite an address; an earlier invitation to it is replaced. `Conflict` where the e-mail is registered anywhere,
        `Forbidden` for a personal account.
        """
        email, now, token = normalise_email(email), self._clock.now(), secrets.token_urlsafe(32)
        async with self._uow() as tx:
            inviter = await locked_caller(tx, caller, Action.MANAGE_TEAM)
            org = await tx.accounts.org(caller.org_id)
            assert org is not None  # it is locked
            check_can_invite(org, inviter, role)
            require_verified(inviter, mails=self._verified_only and self._mailer.configured)
            if await find_account(tx, email) is not None:
                raise Conflict(TAKEN, code="email_taken")
            pending = [old for old in await tx.invites.all(org.id) if old.expires_at > now and old.email != email]
            if len(pending) >= MOST_INVITES:
                raise BadRequest(f"At most {MOST_INVITES} invitations may be open; revoke one first.")
            invite = Invite(
                id=new_id("inv"),
                org_id=org.id,
                email=email,
                role=role,
                invited_by=inviter.id,
                created_at=now,
                expires_at=now + INVITE_LASTS,
            )
            await tx.invites.add(invite)
            await tx.one_time_tokens.put(
                OneTimeToken(
                    digest=digest_of(token),
                    kind="invite",
                    expires_at=invite.expires_at,
                    org_id=org.id,
                    subject_id=invite.id,
                )
            )
            await record(tx, caller, "member_invited", now, after={"id": invite.id, "email": email, "role": role})
        link = self._links.invite(token)
        self._in_background(self._mailer.send(invite_mail(invite, org, link)))
        return Invited(invite=invite, link=link, mailed=self._mailer.configured)

    async def revoke_invite(self, caller: Caller, invite_id: str) -> None:
        """Take an invitation back."""
        async with self._uow() as tx:
            await tx.one_time_tokens.drop(caller.org_id, invite_id)
            invite = await tx.invites.delete(caller.org_id, invite_id)
            if invite is None:
                raise NotFound("There is no such invitation.")
            about = {"id": invite.id, "email": invite.email, "role": invite.role}
            await record(tx, caller, "invitation_revoked", self._clock.now(), before=about)

    async def accept(self, token: str, password: str, email: str | None = None) -> User:
        """The new member. `BadRequest` unless the invitation is open; `Forbidden` where `email` is given and is another
        than the invited one; `Conflict` where that has been registered meanwhile.
        """
        check_password(password)
        digest = digest_of(token)
        async with self._uow() as tx:
            # Checked before the expensive hash is computed, so that guessing tokens costs us little.
            holder_of(await tx.one_time_tokens.find(digest, "invite"), self._clock.now())
        password_hash = await self._passwords.hash(password)
        now = self._clock.now()
        async with self._uow() as tx:
            holder = holder_of(await tx.one_time_tokens.take(digest, "invite"), now)
            invite = await tx.invites.delete(holder.org_id, holder.subject_id)
            if invite is None:
                raise BadRequest("This invitation was taken back; ask for another.", code="invalid_token")
            if email is not None and normalise_email(email) != invite.email:
                raise Forbidden("This invitation is for another e-mail address.")
            user = User(
                id=new_id("usr"),
                org_id=invite.org_id,
                email=invite.email,
                role=invite.role,
                version=1,
                created_at=now,
                verified=False,  # the link was the inviter's to see, too
            )
            if not await tx.accounts.add_member(user, password_hash):
                raise Conflict(TAKEN, code="email_taken")
            joined = Caller(org_id=user.org_id, user_id=user.id, role=user.role)
            about = {"id": user.id, "email": user.email, "role": user.role, "invited_by": invite.invited_by}
            await record(tx, joined, "member_joined", now, after=about)
        return user

    async def change_role(self, caller: Caller, user_id: str, role: Role) -> User:
        """The member with another role. `Conflict` for the last admin."""
        async with self._transactions.begin(caller.org_id) as tx:  # what its keys may is what it may
            await locked_caller(tx, caller, Action.MANAGE_TEAM)
            member = member_to_change(await tx.accounts.members(caller.org_id), user_id, role)
            if member.role == role:
                return member
            await tx.invites.delete_by(caller.org_id, user_id)
            before = member.role
            member = await tx.accounts.set_role(caller.org_id, user_id, role)
            about = {"id": user_id, "email": member.email}
            changed = ({"role": before}, {"role": role})
            await record_change(tx, caller, "member_role_changed", self._clock.now(), about, *changed)
        await self._publisher.access_changed(caller.org_id, user_id)
        return member

    async def remove(self, caller: Caller, user_id: str) -> None:
        """Take a member out, with the keys whose secrets it knows: those that it made and nobody else made anew, and those of
        others that it made anew. What it made and somebody else made anew is theirs from now on. `Conflict` for the last admin.
        """
        async with self._transactions.begin(caller.org_id) as tx:
            await locked_caller(tx, caller, Action.MANAGE_TEAM)
            member = member_to_change(await tx.accounts.members(caller.org_id), user_id, None)
            for key in await tx.api_keys.all(caller.org_id):
                if key.holder == user_id:
                    await revoke_key(tx, key, caller.actor, self._clock.now())
                elif key.created_by == user_id:
                    await tx.api_keys.replace(key, msgspec.structs.replace(key, created_by=key.holder))
            for control_key in await tx.control_keys.all(caller.org_id):
                if control_key.created_by == user_id:
                    await tx.control_keys.delete(control_key)
            await tx.invites.delete_by(caller.org_id, user_id)
            await tx.one_time_tokens.drop(caller.org_id, user_id)
            await tx.accounts.remove(caller.org_id, user_id)
            await tx.erasures.member_removed(caller.org_id, user_id, self._clock.now())
            about = {"id": user_id, "email": member.email, "role": member.role}
            await record(tx, caller, "member_removed", self._clock.now(), before=about)
        await self._publisher.access_changed(caller.org_id, user_id)


async def locked_caller(tx: Tx, caller: Caller, action: Action) -> User:
    """The caller as the database knows it, while nobody else changes the organization's members: whoever was demoted a
    moment ago, by somebody whom they are about to demote, no longer may.
    """
    await tx.accounts.lock(caller.org_id)
    user = await tx.accounts.user(caller.org_id, caller.user_id)
    if user is None:
        raise Unauthorized("This account does not exist any more.", code="invalid_token")
    permissions.require(user.role, action)
    return user
