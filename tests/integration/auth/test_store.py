"""One suite over both stores: what Postgres keeps, memory keeps the same way."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings, RoutingRule, RuleCondition
from libs.common.ids import new_id
from services.auth.domain.accounts import Org, TokenStatus, User
from services.auth.keys.domain.keys import ApiKey, StoredProviderKey
from services.auth.ports import UnitOfWork
from services.auth.routing.domain.rules import StoredRule

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _account() -> tuple[Org, User]:
    org = Org(id=new_id("org"), name="Name", account_type="team", created_at=NOW)
    email = f"{org.id}@example.com"
    return org, User(id=new_id("usr"), org_id=org.id, email=email, role="admin", version=1, created_at=NOW)


def _key(user: User, digest: str) -> ApiKey:
    return ApiKey(
        id=new_id("key"),
        org_id=user.org_id,
        name="k",
        digest=digest,
        prefix="sk-promptly-",
        last4="abcd",
        scopes=("chat",),
        rpm=7,
        expires_at=NOW + timedelta(days=1),
        created_by=user.id,
        created_at=NOW,
    )


async def _registered(uow: UnitOfWork) -> tuple[Org, User]:
    org, user = _account()
    async with uow() as tx:
        assert await tx.accounts.add(org, user, "hash")
        await tx.configuration.put_settings(org.id, OptimizationSettings())
    return org, user


async def test_an_account_is_kept_and_its_email_taken(uow: UnitOfWork) -> None:
    org, user = await _registered(uow)
    other_org, other = _account()
    async with uow() as tx:
        assert not await tx.accounts.add(other_org, msgspec.structs.replace(other, email=user.email), "hash")
        assert not await tx.accounts.lock_first_org()
        assert await tx.accounts.any_org()
    async with uow() as tx:
        assert await tx.accounts.org(org.id) == org
        assert await tx.accounts.org(other_org.id) is None
        assert await tx.accounts.user(org.id, user.id) == user
        assert await tx.accounts.user(other_org.id, user.id) is None
        assert list(await tx.accounts.members(org.id)) == [user]
        await tx.accounts.renew_hash(user, "another", "worse")
        await tx.accounts.renew_hash(user, "hash", "better")
        await tx.accounts.rename(org.id, "Other")
    async with uow() as tx:
        known = await tx.accounts.credentials(user.email)
        assert known is not None
        assert (known.user, known.password_hash) == (user, "better")
        assert await tx.accounts.credentials("nobody@example.com") is None
        renamed = await tx.accounts.org(org.id)
        assert renamed is not None
        assert renamed.name == "Other"


async def test_a_block_that_raises_leaves_nothing(uow: UnitOfWork) -> None:
    org, user = _account()
    with pytest.raises(ZeroDivisionError):  # the block is what is under test
        async with uow() as tx:
            await tx.accounts.add(org, user, "hash")
            _ = 1 / 0
    async with uow() as tx:
        assert await tx.accounts.org(org.id) is None
        assert await tx.accounts.add(org, user, "hash")


async def test_a_token_counts_until_it_is_revoked(uow: UnitOfWork) -> None:
    org, user = await _registered(uow)
    async with uow() as tx:
        fine = TokenStatus(role="admin", version=1, token_revoked=False)
        assert await tx.accounts.token_status(org.id, user.id, "jti_1") == fine
        assert await tx.accounts.token_status("org_x", user.id, "jti_1") is None
        await tx.accounts.revoke_token(org.id, "jti_1", datetime.now(UTC) + timedelta(hours=12))
        await tx.accounts.revoke_token(org.id, "jti_1", datetime.now(UTC) + timedelta(hours=12))
    async with uow() as tx:
        assert await tx.accounts.token_status(org.id, user.id, "jti_1") == msgspec.structs.replace(
            fine, token_revoked=True
        )
        assert await tx.accounts.token_status(org.id, user.id, "jti_2") == fine


async def test_a_principal_carries_all_that_a_request_needs(uow: UnitOfWork) -> None:
    org, user = await _registered(uow)
    key = _key(user, f"digest-{org.id}")
    provider_key = StoredProviderKey(
        id=new_id("pk"),
        org_id=org.id,
        provider="openai_compatible",
        label="",
        sealed="sealed",
        last4="",
        base_url="https://example.com",
        models=("a", "b"),
        created_at=NOW,
    )
    rules = [
        StoredRule(
            rule=RoutingRule(
                id=new_id("rule"),
                name=f"rule {number}",
                condition=RuleCondition(type="keyword", keywords=("code",)),
                action="use_model",
                action_value="m",
                priority=priority,
            ),
            created_at=NOW + timedelta(seconds=age),
        )
        for number, (priority, age) in enumerate([(0, 0), (5, 3), (5, 2), (-1, 0)])
    ]
    async with uow() as tx:
        await tx.api_keys.add(key)
        await tx.provider_keys.put(provider_key)
        await tx.provider_keys.put(msgspec.structs.replace(provider_key, sealed="resealed"))
        await tx.configuration.put_tiers(org.id, {"openai": {"simple": "mini"}})
        for rule in rules:
            await tx.configuration.put_rule(org.id, rule)
    async with uow() as tx:
        principal = await tx.api_keys.principal(key.digest)
        assert await tx.api_keys.principal("unknown") is None
        assert principal is not None
        assert (principal.org_id, principal.key_id, principal.user_id) == (org.id, key.id, user.id)
        assert (principal.scopes, principal.rpm) == (("chat",), 7)
        assert principal.expires_at_ms == int((NOW + timedelta(days=1)).timestamp() * 1000)
        assert principal.settings == OptimizationSettings()
        assert principal.tiers == {"openai": {"simple": "mini"}}
        assert [rule.name for rule in principal.rules] == ["rule 2", "rule 1", "rule 0", "rule 3"]
        assert [(k.id, k.sealed, k.models) for k in principal.provider_keys] == [
            (provider_key.id, "resealed", ("a", "b"))
        ]
        assert await tx.configuration.delete_rule(org.id, rules[0].rule.id)
        assert not await tx.configuration.delete_rule(org.id, rules[0].rule.id)
        assert not await tx.provider_keys.delete("org_x", provider_key.id)
        assert await tx.provider_keys.delete(org.id, provider_key.id)
        assert await tx.provider_keys.one(org.id, provider_key.id) is None


async def test_a_replaced_or_revoked_key_is_found_no_more(uow: UnitOfWork) -> None:
    org, user = await _registered(uow)
    key = _key(user, f"first-{org.id}")
    renewed = msgspec.structs.replace(key, digest=f"second-{org.id}", last4="wxyz")
    async with uow() as tx:
        await tx.api_keys.add(key)
        await tx.api_keys.note_use(org.id, key.id, NOW)
        await tx.api_keys.note_use(org.id, key.id, NOW - timedelta(hours=1))
    async with uow() as tx:
        await tx.api_keys.replace(key, renewed)
        assert await tx.api_keys.principal(key.digest) is None
        assert await tx.api_keys.principal(renewed.digest) is not None
        found = await tx.api_keys.one(org.id, key.id)
        assert found is not None
        assert found.last4 == "wxyz"
        assert await tx.api_keys.one("org_x", key.id) is None
        await tx.api_keys.revoke(renewed, NOW)
    async with uow() as tx:
        assert await tx.api_keys.principal(renewed.digest) is None
        assert list(await tx.api_keys.all(org.id)) == []
