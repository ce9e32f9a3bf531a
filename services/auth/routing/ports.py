"""What keeping settings, tiers and routing rules needs of the store."""

from collections.abc import Sequence
from typing import Protocol

from libs.common.contracts.auth import ModelAlias, OptimizationSettings, Tier
from services.auth.routing.domain.rules import StoredRule

Tiers = dict[str, dict[Tier, str]]
Aliases = dict[str, ModelAlias]


class Configuration(Protocol):
    """An organization's levers, tiers and routing rules."""

    async def lock(self, org_id: str) -> None:
        """Lock this organization's configuration against other changes until the transaction has ended."""
        ...

    async def settings(self, org_id: str) -> OptimizationSettings:
        """The levers; the defaults where nothing was ever changed."""
        ...

    async def put_settings(self, org_id: str, settings: OptimizationSettings) -> None:
        """Keep the levers."""
        ...

    async def held_out(self) -> Sequence[str]:
        """Organizations that run some conversations without levers."""
        ...

    async def tiers(self, org_id: str) -> Tiers:
        """Models per provider and tier that differ from the defaults."""
        ...

    async def put_tiers(self, org_id: str, tiers: Tiers) -> None:
        """Keep the tiers."""
        ...

    async def aliases(self, org_id: str) -> Aliases:
        """The organization's own names for models."""
        ...

    async def put_aliases(self, org_id: str, aliases: Aliases) -> None:
        """Keep the names, in place of those before."""
        ...

    async def rules(self, org_id: str) -> Sequence[StoredRule]:
        """The rules in the order in which they are tried."""
        ...

    async def put_rule(self, org_id: str, rule: StoredRule) -> None:
        """Keep a rule, new or changed."""
        ...

    async def delete_rule(self, org_id: str, rule_id: str) -> bool:
        """Whether there was one to delete."""
        ...
