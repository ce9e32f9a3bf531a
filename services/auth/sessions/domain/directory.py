"""What the operator says of an OpenID Connect provider's users: which role their groups give them, in which organization."""

from collections.abc import Collection, Mapping
from typing import Final, get_args

import msgspec

from services.auth.domain.accounts import Role

_ANY: Final = "*"


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """`roles` are pairs of a role and the group that gives it, `orgs` the ids of organizations by the domain of an e-mail address; `*`
    stands for every group and domain. Without `orgs` it is the only organization of the installation.
    """

    roles: tuple[tuple[Role, str], ...]
    orgs: Mapping[str, str] = {}

    def role(self, groups: Collection[str]) -> Role | None:
        """The best role of somebody in these groups; None where none of them may come in."""
        given = {role for role, group in self.roles if group in (_ANY, *groups)}
        best: Role
        for best in get_args(Role):  # the most powerful first
            if best in given:
                return best
        return None

    def org(self, email: str) -> str | None:
        """The organization of somebody with this address, in lower case; None where no entry fits."""
        return self.orgs.get(email.rpartition("@")[2]) or self.orgs.get(_ANY)


def roles_of(text: str) -> tuple[tuple[Role, str], ...]:
    """Pairs of a role and a group out of a setting. ValueError says what is wrong with it."""
    found = []
    for name, group in _pairs(text):
        if name not in get_args(Role):
            raise ValueError(f"A role is one of {', '.join(get_args(Role))}, in front of the = and its group.")
        found.append((name, group))
    if not found:
        raise ValueError("Nobody could sign in: name a group for a role, such as admin=platform,member=*.")
    return msgspec.convert(found, tuple[tuple[Role, str], ...])


def orgs_of(text: str) -> dict[str, str]:
    """Organizations by domain out of a setting. ValueError says what is wrong with it."""
    return {domain.lower(): org for domain, org in _pairs(text)}


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = part.partition("=")
        if not name.strip() or not value.strip():
            raise ValueError("Each entry has a name, a = and a value, with commas between entries.")
        found.append((name.strip(), value.strip()))
    return found
