"""Who comes in through the OpenID Connect provider: their groups decide over role and access, at every sign-in."""

from typing import Any

from libs.common.clock import Clock
from libs.common.errors import Conflict, Forbidden, Unauthorized
from libs.common.ids import is_id, new_id
from services.auth.accounts.addresses import find_account
from services.auth.domain.accounts import Org, Role, User, active_admins
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.domain.identities import Identity, SignInState
from services.auth.ports import EventPublisher, Tx, UnitOfWork
from services.auth.sessions.domain.directory import Directory
from services.auth.sessions.service import NO_GROUP


class Membership:
    """Finds, makes, promotes, demotes and suspends users as their groups say. The last admin is neither demoted nor suspended, so that a
    mistake in a mapping locks nobody out: such a one is only kept from signing in this way.
    """

    def __init__(self, uow: UnitOfWork, publisher: EventPublisher, directory: Directory, clock: Clock) -> None:
        self._uow = uow
        self._publisher = publisher
        self._directory = directory
        self._clock = clock

    async def admit(self, identity: Identity, state: SignInState, title: str) -> User:
        """The user that an identity signs in: known by it, or by its verified e-mail where that account's is verified too, else a new one.
        `Forbidden` where no group of theirs may come in, which suspends a user who is here; `Conflict` for an account that is not theirs.
        """
        if (role := self._directory.role(identity.groups)) is None:
            await self._shut_out(identity)
            raise Forbidden(NO_GROUP, code="no_group")
        async with self._uow() as tx:
            org = await self._org(tx, identity)
            await tx.accounts.lock(org.id)
            before = await self._known(tx, identity, state, org, title)
            user = await (
                self._joined(tx, identity, org, role) if before is None else self._with_role(tx, before, role)
            )
            await tx.accounts.link_identity(user, identity, self._clock.now())
            await self._record(tx, user, "member_signed_in", {}, {"source": title, "role": user.role})
        await self._publish(before, user)
        return user

    async def _shut_out(self, identity: Identity) -> None:
        """Suspend the user whom this identity signed in before, if there is one; no other, who may be here without it."""
        async with self._uow() as tx:
            found = await tx.accounts.by_identity(identity)
            if found is None:
                return
            await tx.accounts.lock(found.org_id)
            before = await tx.accounts.user(found.org_id, found.id)
            if before is None or before.suspended:
                return
            if await self._last_admin(tx, before):
                await tx.accounts.link_identity(before, identity, self._clock.now())  # their password does, for a while
                return
            await tx.invites.delete_by(before.org_id, before.id)  # they know the links, and may have invited themselves
            user = await tx.accounts.suspend(before.org_id, before.id, self._clock.now())
            await self._record(tx, user, "member_suspended", {"suspended": False}, {"suspended": True})
        await self._publish(before, user)

    async def _publish(self, before: User | None, user: User) -> None:
        if before is not None and before != user:
            await self._publisher.access_changed(user.org_id, user.id)
            await self._publisher.principal_changed(user.org_id)  # what a user's keys may is what the user may

    async def _org(self, tx: Tx, identity: Identity) -> Org:
        named = identity.org or self._directory.org(identity.email)
        if named is None and not self._directory.orgs:
            org = await tx.accounts.only_org()
        else:
            org = await tx.accounts.org(named) if named is not None and is_id(named, "org") else None
        if org is None:
            raise Forbidden(
                "No organization here is for your account. Whoever runs this Promptly names it in PROMPTLY_OIDC_ORGS; with none set there"
                " has to be one organization.",
                code="no_organization",
            )
        return org

    async def _known(self, tx: Tx, identity: Identity, state: SignInState, org: Org, title: str) -> User | None:
        known = await tx.accounts.by_identity(identity)
        if state.org_id is not None and state.user_id is not None:  # somebody who is signed in links the identity
            user = await tx.accounts.user(state.org_id, state.user_id)
            if user is None:
                raise Unauthorized("This account does not exist any more.", code="invalid_token")
            if known is not None and known.id != user.id:
                raise Conflict(f"This {title} account signs somebody else in already.", code="identity_taken")
            if user.org_id != org.id:
                raise Conflict(f"This {title} account belongs to another organization than yours.", code="other_org")
            return user
        if known is not None:
            if known.org_id != org.id:
                raise Conflict(
                    f"{title} says that you belong to another organization now; an admin of your old one removes you there first.",
                    code="other_org",
                )
            return known
        account = await find_account(tx, identity.email)
        if account is None:
            return None
        if account.user.org_id != org.id:
            raise Conflict("This e-mail address has an account in another organization.", code="email_taken")
        if not account.user.verified:
            # Whoever registered the address never showed that it is theirs: they may be somebody else.
            raise Conflict(
                f"This e-mail address has an account that did not confirm it: sign in as usual, then connect {title}.",
                code="email_taken",
            )
        if await tx.accounts.known_as_another(account.user, identity):
            # Addresses are given to others when people leave; a provider's own id of a person is not.
            raise Conflict(
                f"{title} knows the member with this e-mail address as somebody else. If you are new to the address, an admin removes"
                f" that member first; if you are that member, sign in as usual, then connect {title}.",
                code="email_taken",
            )
        return account.user

    async def _joined(self, tx: Tx, identity: Identity, org: Org, role: Role) -> User:
        if org.account_type == "personal":
            raise Forbidden("A personal account has one user; register a team account for others to sign in to.")
        user = User(
            id=new_id("usr"),
            org_id=org.id,
            email=identity.email,
            role=role,
            version=1,
            created_at=self._clock.now(),
        )
        if not await tx.accounts.add_member(user, None):
            raise Conflict("This e-mail address is already registered.", code="email_taken")
        await self._record(tx, user, "member_joined", {}, {"role": role})
        return user

    async def _with_role(self, tx: Tx, user: User, role: Role) -> User:
        if user.suspended:
            user = await tx.accounts.suspend(user.org_id, user.id, None)
            await self._record(tx, user, "member_suspended", {"suspended": True}, {"suspended": False})
        if user.role == role or (role != "admin" and await self._last_admin(tx, user)):
            return user
        before = user.role
        await tx.invites.delete_by(user.org_id, user.id)
        user = await tx.accounts.set_role(user.org_id, user.id, role)
        await self._record(tx, user, "member_role_changed", {"role": before}, {"role": role})
        return user

    async def _last_admin(self, tx: Tx, user: User) -> bool:
        members = await tx.accounts.members(user.org_id)
        return [one.id for one in active_admins(members)] == [user.id]

    async def _record(
        self, tx: Tx, user: User, action: AuditAction, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        about = {"id": user.id, "email": user.email}
        entry = AuditEntry(
            id=new_id("aud"),
            at=self._clock.now(),
            actor=user.id,
            action=action,
            before=before,
            after=about | after,
            reason="What the identity provider says of their groups.",
        )
        await tx.audit.add(user.org_id, entry)
