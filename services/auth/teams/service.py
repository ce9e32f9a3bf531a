"""Teams: keys of an organization that are counted together, and may have budgets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Conflict, NotFound
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import record
from services.auth.domain.accounts import Caller
from services.auth.ports import UnitOfWork
from services.auth.teams.domain.teams import Team

_MOST_TEAMS: Final = 500


class Teams:
    """An organization's teams."""

    def __init__(self, uow: UnitOfWork, transactions: AnnouncedTransactions, clock: Clock) -> None:
        self._uow = uow
        self._transactions = transactions
        self._clock = clock

    async def all(self, caller: Caller) -> Sequence[tuple[Team, int]]:
        """The teams, oldest first, and how many keys each has."""
        async with self._uow() as tx:
            keys = Counter(key.team_id for key in await tx.api_keys.all(caller.org_id))
            return [(team, keys[team.id]) for team in await tx.teams.all(caller.org_id)]

    async def names(self, caller: Caller) -> Mapping[str, str]:
        """Their names by their ids."""
        async with self._uow() as tx:
            return {team.id: team.name for team in await tx.teams.all(caller.org_id)}

    async def create(self, caller: Caller, name: str) -> Team:
        """A new team. `Conflict` where there is one of this name."""
        team = Team(id=new_id("team"), name=name, created_at=self._clock.now())
        async with self._uow() as tx:
            await tx.configuration.lock(caller.org_id)
            known = await tx.teams.all(caller.org_id)
            if len(known) >= _MOST_TEAMS:
                raise BadRequest(f"An organization may have {_MOST_TEAMS} teams; delete one first.")
            _check_free(known, name)
            await tx.teams.put(caller.org_id, team)
            await record(tx, caller, "team_created", team.created_at, after={"id": team.id, "name": name})
        return team

    async def rename(self, caller: Caller, team_id: str, name: str) -> tuple[Team, int]:
        """Give a team another name, and say how many keys it has. `Conflict` where another one is called so."""
        async with self._uow() as tx:
            await tx.configuration.lock(caller.org_id)
            known = await tx.teams.all(caller.org_id)
            old = _one(known, team_id)
            team = msgspec.structs.replace(old, name=name)
            if name != old.name:
                _check_free(known, name)
                await tx.teams.put(caller.org_id, team)
                before, after = ({"id": team_id, "name": one.name} for one in (old, team))
                await record(tx, caller, "team_changed", self._clock.now(), before=before, after=after)
            return team, sum(key.team_id == team_id for key in await tx.api_keys.all(caller.org_id))

    async def delete(self, caller: Caller, team_id: str) -> None:
        """Delete a team; its keys stay, in none. `Conflict` where a budget is about it."""
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)
            old = _one(await tx.teams.all(caller.org_id), team_id)
            for stored in await tx.budgets.all(caller.org_id):
                if (stored.budget.subject, stored.budget.value) == ("team", team_id):
                    raise Conflict(
                        f'The budget "{stored.budget.name}" is about this team; change or delete that first.'
                    )
            await tx.teams.delete(caller.org_id, team_id)
            shown = {"id": team_id, "name": old.name}
            await record(tx, caller, "team_deleted", self._clock.now(), before=shown)


def _one(known: Sequence[Team], team_id: str) -> Team:
    for team in known:
        if team.id == team_id:
            return team
    raise NotFound("There is no such team.")


def _check_free(known: Sequence[Team], name: str) -> None:
    if any(team.name == name for team in known):
        raise Conflict(f"There is a team called {name!r} already.")
