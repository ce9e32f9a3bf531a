"""One suite over both stores, for teams, one-time secrets, identities and ends of organizations."""

from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.ids import new_id
from services.auth.domain.accounts import Org, User
from services.auth.domain.identities import Identity
from services.auth.domain.one_time_tokens import OneTimeToken
from services.auth.keys.domain.keys import ApiKey, ControlKey, StoredProviderKey
from services.auth.ports import UnitOfWork
from services.auth.team.domain.members import Invite

NOW = datetime.now(UTC).replace(microsecond=0)
_CLOCK = count(int(NOW.timestamp() * 1000))


def _user(org_id: str, name: str) -> User:
    user_id = new_id("usr", next(_CLOCK))  # no two in the same millisecond: they are listed by age
    return User(
        id=user_id, org_id=org_id, email=f"{name}-{user_id}@example.com", role="admin", version=1, created_at=NOW
    )


async def _registered(uow: UnitOfWork, password_hash: str | None = "hash") -> User:
    org = Org(id=new_id("org"), name="Name", account_type="team", created_at=NOW)
    user = _user(org.id, "admin")
    async with uow() as tx:
        assert await tx.accounts.add(org, user, password_hash)
        await tx.configuration.put_settings(org.id, OptimizationSettings())
    return user


def _invite(by: User, email: str, **changes: object) -> Invite:
    plain = Invite(
        id=new_id("inv"),
        org_id=by.org_id,
        email=email,
        role="viewer",
        invited_by=by.id,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=72),
    )
    return msgspec.structs.replace(plain, **changes)


def _key(user: User) -> ApiKey:
    return ApiKey(
        id=new_id("key"),
        org_id=user.org_id,
        name="k",
        digest=f"digest-{user.org_id}",
        prefix="sk-promptly-",
        last4="abcd",
        scopes=("chat",),
        rpm=7,
        expires_at=None,
        created_by=user.id,
        created_at=NOW,
        monthly_budget_nano=5,
    )


def _control_key(user: User) -> ControlKey:
    return ControlKey(
        id=new_id("ckey"),
        org_id=user.org_id,
        name="c",
        digest=f"control-{user.org_id}",
        last4="abcd",
        scopes=("keys", "read"),
        expires_at=None,
        created_by=user.id,
        created_at=NOW,
    )


def _ticket(digest: str, user: User | None = None, **changes: object) -> OneTimeToken:
    plain = OneTimeToken(
        digest=digest,
        kind="reset",
        expires_at=NOW + timedelta(hours=1),
        org_id=None if user is None else user.org_id,
        subject_id=None if user is None else user.id,
    )
    return msgspec.structs.replace(plain, **changes)


async def test_members_join_change_and_leave(uow: UnitOfWork) -> None:
    admin = await _registered(uow)
    member = _user(admin.org_id, "member")
    async with uow() as tx:
        await tx.accounts.lock(admin.org_id)
        assert await tx.accounts.add_member(member, "hash")
        assert not await tx.accounts.add_member(msgspec.structs.replace(member, id=new_id("usr")), "hash")
        assert list(await tx.accounts.members(admin.org_id)) == [admin, member]
    async with uow() as tx:
        demoted = await tx.accounts.set_role(admin.org_id, member.id, "viewer")
        assert demoted == msgspec.structs.replace(member, role="viewer", version=2)
        changed = await tx.accounts.set_password(admin.org_id, member.id, "other")
        assert changed.version == 3
        known = await tx.accounts.credentials(member.email)
        assert known is not None
        assert (known.user, known.password_hash) == (changed, "other")
    async with uow() as tx:
        await tx.accounts.remove(admin.org_id, member.id)
        assert await tx.accounts.credentials(member.email) is None
        assert list(await tx.accounts.members(admin.org_id)) == [admin]
        assert await tx.accounts.add_member(member, "hash")


async def test_an_identity_belongs_to_one_user_until_that_user_goes(uow: UnitOfWork) -> None:
    user, other = await _registered(uow, None), await _registered(uow)
    mine = Identity(source="github", subject=new_id("sub"), email=user.email)
    async with uow() as tx:
        known = await tx.accounts.credentials(user.email)
        assert known is not None
        assert known.password_hash is None
        assert await tx.accounts.by_identity(mine) is None
        await tx.accounts.link_identity(user, mine, NOW)
        await tx.accounts.link_identity(other, mine, NOW + timedelta(days=1))
        await tx.accounts.link_identity(
            user, msgspec.structs.replace(mine, source="google", subject=new_id("sub")), NOW
        )
        assert await tx.accounts.identities(user) == ["github", "google"]
        assert await tx.accounts.identities(other) == []
    async with uow() as tx:
        assert await tx.accounts.by_identity(mine) == user
        assert await tx.accounts.by_identity(msgspec.structs.replace(mine, source="google")) is None
        await tx.accounts.remove(user.org_id, user.id)
        assert await tx.accounts.by_identity(mine) is None


async def test_a_confirmation_is_the_latest_of_the_oidc_provider_and_its_owners_alone(uow: UnitOfWork) -> None:
    user, other = await _registered(uow), await _registered(uow)
    mine, later = Identity(source="oidc", subject=new_id("sub"), email=user.email), NOW + timedelta(hours=1)
    key, control = _key(user), _control_key(user)
    async with uow() as tx:
        await tx.api_keys.add(key)
        await tx.control_keys.add(control)
        await tx.accounts.link_identity(user, msgspec.structs.replace(mine, source="github"), later)
        assert await tx.accounts.confirmed_at(user.org_id, user.id) is None
        assert await tx.control_keys.find(control.digest, later) is not None
        await tx.accounts.link_identity(user, mine, NOW)
        await tx.accounts.link_identity(other, mine, later)
        assert await tx.accounts.confirmed_at(user.org_id, user.id) == NOW
        assert await tx.accounts.confirmed_at(other.org_id, other.id) is None
    async with uow() as tx:
        for since, there in ((None, True), (NOW, True), (later, False)):
            assert (await tx.api_keys.principal(key.digest, since) is not None) is there
            assert (await tx.api_keys.principal_of(key.org_id, key.id, since) is not None) is there
            assert (await tx.control_keys.find(control.digest, since) is not None) is there
        await tx.accounts.link_identity(user, mine, later)
        found = await tx.accounts.token_status(user.org_id, user.id, new_id("jti"))
        assert found is not None
        assert found.confirmed_at == later
        assert await tx.api_keys.principal(key.digest, later) is not None


async def test_invitations_are_one_for_each_email(uow: UnitOfWork) -> None:
    admin, other = await _registered(uow), await _registered(uow)
    first, second, third = (_invite(admin, email) for email in ("a@example.com", "a@example.com", "b@example.com"))
    by_other = _invite(other, "a@example.com")
    async with uow() as tx:
        for invite in (first, second, third, by_other):
            await tx.invites.add(invite)
        assert {invite.id for invite in await tx.invites.all(admin.org_id)} == {second.id, third.id}
        assert await tx.invites.delete(admin.org_id, by_other.id) is None
        assert await tx.invites.delete(admin.org_id, second.id) == second
        await tx.invites.delete_by(admin.org_id, other.id)
        assert list(await tx.invites.all(admin.org_id)) == [third]
        await tx.invites.delete_by(admin.org_id, admin.id)
        assert list(await tx.invites.all(admin.org_id)) == []
        assert list(await tx.invites.all(other.org_id)) == [by_other]


async def test_a_ticket_is_kept_once_and_taken_once(uow: UnitOfWork) -> None:
    user = await _registered(uow)
    reset = _ticket(f"reset-{user.id}", user)
    code = _ticket(f"code-{user.id}", user, kind="oauth_code", bound_to="cookie")
    state = _ticket(f"state-{user.id}", kind="oauth_state")
    async with uow() as tx:
        for one_time_token in (reset, code, state):
            assert await tx.one_time_tokens.put(one_time_token)
    async with uow() as tx:
        assert not await tx.one_time_tokens.put(msgspec.structs.replace(state))
        assert await tx.one_time_tokens.find(reset.digest, "invite") is None
        assert await tx.one_time_tokens.take(reset.digest, "invite") is None
        assert await tx.one_time_tokens.find(reset.digest, "reset") == reset
        assert await tx.one_time_tokens.take(reset.digest, "reset") == reset
        assert await tx.one_time_tokens.take(reset.digest, "reset") is None
        await tx.one_time_tokens.drop(user.org_id, "usr_other")
        assert await tx.one_time_tokens.find(code.digest, "oauth_code") == code
        await tx.one_time_tokens.drop(user.org_id, user.id)
        assert await tx.one_time_tokens.find(code.digest, "oauth_code") is None
        assert await tx.one_time_tokens.find(state.digest, "oauth_state") == state


async def test_keys_that_are_sealed_otherwise_come_in_batches(uow: UnitOfWork) -> None:
    user = await _registered(uow)
    keys = [
        StoredProviderKey(
            id=f"pk_{number}",
            org_id=user.org_id,
            provider="openai",
            label="",
            sealed=f"1.{version}.wrapped.text",
            last4="",
            base_url=None,
            models=(),
            created_at=NOW,
        )
        for number, version in enumerate((1, 2, 1, 12))
    ]
    async with uow() as tx:
        for key in keys:
            await tx.provider_keys.put(key)
    async with uow() as tx:
        start = (user.org_id, "")
        assert list(await tx.provider_keys.sealed_otherwise("1.2.", start, 2)) == [keys[0], keys[2]]
        assert list(await tx.provider_keys.sealed_otherwise("1.2.", (user.org_id, keys[2].id), 1)) == [keys[3]]


async def test_an_end_erases_one_organization_and_is_told_once(uow: UnitOfWork) -> None:
    user, other = await _registered(uow), await _registered(uow)
    key, control = _key(user), _control_key(user)
    async with uow() as tx:
        await tx.api_keys.add(key)
        await tx.control_keys.add(control)
        assert await tx.control_keys.find(control.digest) == (control, "admin")
        assert await tx.api_keys.principal(control.digest) is None
        assert await tx.control_keys.find(key.digest) is None
        await tx.control_keys.note_use(control, NOW)
        await tx.control_keys.note_use(control, NOW - timedelta(hours=1))
        assert list(await tx.control_keys.all(user.org_id)) == [msgspec.structs.replace(control, last_used_at=NOW)]
        await tx.invites.add(_invite(user, "a@example.com"))
        await tx.one_time_tokens.put(_ticket(f"erased-{user.id}", user))
        principal = await tx.api_keys.principal(key.digest)
        assert principal is not None
        assert principal.monthly_budget_nano == 5
        await tx.erasures.member_removed(user.org_id, "usr_gone", NOW)
    async with uow() as tx:
        await tx.erasures.erase(user.org_id, NOW)
    async with uow() as tx:
        assert await tx.accounts.org(user.org_id) is None
        assert await tx.accounts.credentials(user.email) is None
        assert await tx.api_keys.principal(key.digest) is None
        assert await tx.control_keys.find(control.digest) is None
        assert list(await tx.control_keys.all(user.org_id)) == []
        assert list(await tx.invites.all(user.org_id)) == []
        assert await tx.one_time_tokens.find(f"erased-{user.id}", "reset") is None
        assert await tx.accounts.user(other.org_id, other.id) == other
        assert (user.org_id, NOW) in await tx.erasures.unpublished()
        assert user.org_id not in {org_id for org_id, *_ in await tx.erasures.unpublished_members()}
        await tx.erasures.mark_published(user.org_id)
        assert (user.org_id, NOW) not in await tx.erasures.unpublished()
        for _ in range(2):
            await tx.erasures.member_removed(other.org_id, other.id, NOW)
        assert (other.org_id, other.id, NOW) in await tx.erasures.unpublished_members()
        await tx.erasures.mark_member_published(other.org_id, other.id)
        assert (other.org_id, other.id, NOW) not in await tx.erasures.unpublished_members()
    async with uow() as tx:
        assert await tx.accounts.add(
            Org(id=user.org_id, name="Again", account_type="team", created_at=NOW), user, "hash"
        )
