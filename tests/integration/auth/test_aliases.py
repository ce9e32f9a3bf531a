"""Aliases: who may change them, what is refused, how they reach the principal, and what the audit log says."""

from typing import Any

import pytest

from libs.common.contracts.auth import ModelAlias, WeightedModel
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "/api/routing/aliases"
FAST = {
    "models": [{"model": "gpt-4o-mini", "weight": 9}, {"model": "claude-haiku", "weight": 1}],
    "fallbacks": ["gpt-4o"],
}


async def test_they_are_set_as_a_whole_and_reach_the_gateways(auth: Auth) -> None:
    org = await auth.new_org()
    assert (await auth.call("GET", PATH, org.token)).json() == {"aliases": {}}
    own = {"gpt-4o": {"models": [{"model": "gpt-4o", "weight": 1}], "fallbacks": ["claude-sonnet"]}}
    put = await auth.call("PUT", PATH, org.token, json={"aliases": {"fast": FAST, **own}})
    assert put.json() == {"aliases": {"fast": FAST, **own}} == (await auth.call("GET", PATH, org.token)).json()
    principal = await auth.verify(org.api_key)
    assert principal.aliases["fast"] == ModelAlias(
        models=(WeightedModel(model="gpt-4o-mini", weight=9), WeightedModel(model="claude-haiku")),
        fallbacks=("gpt-4o",),
    )
    await auth.call("PUT", PATH, org.token, json={"aliases": own})
    assert (await auth.verify(org.api_key)).aliases.keys() == {"gpt-4o"}
    entry = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"][0]
    assert (entry["action"], entry["before"], entry["after"]) == ("aliases_changed", {"fast": FAST}, {})


@pytest.mark.parametrize(
    "aliases",
    [
        {"": FAST},
        {"a b": FAST},
        {"x" * 129: FAST},
        {"fast": {"models": []}},
        {"fast": {"models": [{"model": "m"}] * 11}},
        {"fast": {"models": [{"model": "m", "weight": 0}]}},
        {"fast": {"models": [{"model": "m", "weight": 1001}]}},
        {"fast": {**FAST, "fallbacks": ["a", "b", "c", "d"]}},
        {"fast": {**FAST, "colour": "red"}},
        {"fast": FAST, "slow": {"models": [{"model": "fast"}]}},
        {"fast": FAST, "slow": {"models": [{"model": "m"}], "fallbacks": ["fast"]}},
        {f"a{number}": FAST for number in range(101)},
    ],
)
async def test_what_is_no_alias_is_refused(auth: Auth, aliases: dict[str, Any]) -> None:
    org = await auth.new_org()
    answer = await auth.call("PUT", PATH, org.token, json={"aliases": aliases})
    assert answer.status_code == 400
    assert (await auth.call("GET", PATH, org.token)).json() == {"aliases": {}}
