"""Which role groups give, and which organization an address belongs to."""

import pytest

from services.auth.domain.accounts import Role
from services.auth.sessions.domain.directory import Directory, orgs_of, roles_of


@pytest.mark.parametrize(
    ("setting", "groups", "role"),
    [
        ("admin=a,member=b,viewer=c", ["c", "b"], "member"),
        (" viewer = c , admin = a ", ["a", "c"], "admin"),
        ("admin=a,viewer=*", ["x"], "viewer"),
        ("admin=a,viewer=*", [], "viewer"),
        ("admin=a", ["A", "aa", "*"], None),
        ("admin=*", [], "admin"),
        ("member=/staff/eng=core", ["/staff/eng=core"], "member"),
        ("admin=a,admin=b", ["b"], "admin"),
    ],
)
def test_the_best_role_of_the_groups_holds(setting: str, groups: list[str], role: Role | None) -> None:
    assert Directory(roles=roles_of(setting)).role(groups) == role


@pytest.mark.parametrize("setting", ["", " , ", "a", "owner=a", "Admin=a", "admin=", "=a", "admin=a,member"])
def test_a_mapping_that_means_nothing_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        roles_of(setting)


def test_an_organization_is_that_of_the_domain() -> None:
    directory = Directory(roles=(), orgs=orgs_of("Example.com=org_1, sub.example.com=org_2"))
    assert directory.org("ada@example.com") == "org_1"
    assert directory.org("ada@sub.example.com") == "org_2"
    assert directory.org("example.com@evil.example") is directory.org("ada@notexample.com") is directory.org("") is None
    assert Directory(roles=(), orgs=orgs_of("*=org_3")).org("ada@anywhere.example") == "org_3"
