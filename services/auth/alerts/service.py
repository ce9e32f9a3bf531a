"""Whom a scope of an alert rule names: auth knows the keys and the teams, the alerts service does not."""

import msgspec

from libs.common.contracts.alerts import AlertScope
from services.auth.domain.accounts import Caller
from services.auth.keys.domain.keys import named as named_key
from services.auth.ports import UnitOfWork
from services.auth.teams.domain.teams import named as named_team


class AlertScopes:
    """Looks up keys and teams."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def resolved(self, caller: Caller, scope: AlertScope, known: AlertScope | None = None) -> AlertScope:
        """The scope with the id and the name of its key or team; `BadRequest` where there is none, or several are called so. What a rule
        names already (`known`) it may go on naming: a key that is revoked still has requests to watch.
        """
        if known is not None and (scope.by, scope.value, scope.tag) == (known.by, known.value, known.tag):
            return known
        if scope.by not in ("key", "team"):
            return scope
        async with self._uow() as tx:
            found: tuple[str, str]
            if scope.by == "key":
                key = named_key(await tx.api_keys.all(caller.org_id), scope.value, "scope.value")
                found = key.id, key.name
            else:
                team = named_team(await tx.teams.all(caller.org_id), scope.value, "scope.value")
                found = team.id, team.name
        return msgspec.structs.replace(scope, value=found[0], name=found[1])
