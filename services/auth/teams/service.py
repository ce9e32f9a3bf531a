"""Teams: keys of an organization that are counted together, may have budgets, and the people whose they are."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Conflict, Forbidden, NotFound
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import record
from services.auth.domain.accounts import Caller, User
from services.auth.ports import Tx, UnitOfWork
from services.auth.teams.domain.teams import Team, TeamPage, TeamSize

_MOST_TEAMS: Final = 500


class Teams:
    """An organization's teams."""

    def __init__(self, uow: UnitOfWork, transactions: AnnouncedTransactions, clock: Clock) -> None:
        self._uow = uow
        self._transactions = transactions
        self._clock = clock

    async def all(self, caller: Caller) -> Sequence[TeamSize]:
        """The teams, oldest first."""
        async with self._uow() as tx:
            sized = await _sizes(tx, caller)
            return [sized(team) for team in await tx.teams.all(caller.org_id)]

    async def page(self, caller: Caller, team_id: str) -> TeamPage:
        """A team with its members and keys. `Forbidden` for a member of the organization who is in another team, or in none."""
        async with self._uow() as tx:
            team = _one(await tx.teams.all(caller.org_id), team_id)
            ids = (await tx.teams.members(caller.org_id)).get(team_id, frozenset())
            if caller.role == "member" and caller.user_id not in ids:
                raise Forbidden(
                    "This page is for the team's members and for admins; ask an admin to put you into the team."
                )
            return TeamPage(
                team=team,
                members=[user for user in await tx.accounts.members(caller.org_id) if user.id in ids],
                keys=[key for key in await tx.api_keys.all(caller.org_id) if key.team_id == team_id],
            )

    async def add_member(self, caller: Caller, team_id: str, user_id: str) -> None:
        """Put a member of the organization into a team; nothing happens where they are in it."""
        async with self._uow() as tx:
            team, user = await self._locked(tx, caller, team_id, user_id)
            if await tx.teams.add_member(caller.org_id, team.id, user.id):
                await record(tx, caller, "team_member_added", self._clock.now(), after=_membership(team, user))

    async def remove_member(self, caller: Caller, team_id: str, user_id: str) -> None:
        """Take somebody out of a team; their keys stay in it, until an admin says otherwise."""
        async with self._uow() as tx:
            team, user = await self._locked(tx, caller, team_id, user_id)
            if await tx.teams.remove_member(caller.org_id, team.id, user.id):
                await record(tx, caller, "team_member_removed", self._clock.now(), before=_membership(team, user))

    async def _locked(self, tx: Tx, caller: Caller, team_id: str, user_id: str) -> tuple[Team, User]:
        """Both, which nobody deletes meanwhile."""
        await tx.accounts.lock(caller.org_id)
        await tx.configuration.lock(caller.org_id)
        user = await tx.accounts.user(caller.org_id, user_id)
        if user is None:
            raise NotFound("There is no such member in your organization.")
        return _one(await tx.teams.all(caller.org_id), team_id), user

    async def names(self, caller: Caller) -> Mapping[str, str]:
        """Their names by their ids."""
        async with self._uow() as tx:
            return {team.id: team.name for team in await tx.teams.all(caller.org_id)}

    async def create(self, caller: Caller, name: str) -> TeamSize:
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
        return TeamSize(team=team, keys=0, members=0, is_member=False)

    async def rename(self, caller: Caller, team_id: str, name: str) -> TeamSize:
        """Give a team another name. `Conflict` where another one is called so."""
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
            return (await _sizes(tx, caller))(team)

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


async def _sizes(tx: Tx, caller: Caller) -> Callable[[Team], TeamSize]:
    keys = Counter(key.team_id for key in await tx.api_keys.all(caller.org_id))
    members = await tx.teams.members(caller.org_id)

    def sized(team: Team) -> TeamSize:
        mine = members.get(team.id, frozenset())
        return TeamSize(team=team, keys=keys[team.id], members=len(mine), is_member=caller.user_id in mine)

    return sized


def _membership(team: Team, user: User) -> dict[str, str]:
    return {"id": team.id, "name": team.name, "member": user.id, "email": user.email}


def _one(known: Sequence[Team], team_id: str) -> Team:
    for team in known:
        if team.id == team_id:
            return team
    raise NotFound("There is no such team.")


def _check_free(known: Sequence[Team], name: str) -> None:
    if any(team.name == name for team in known):
        raise Conflict(f"There is a team called {name!r} already.")
