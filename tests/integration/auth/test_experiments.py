"""The holdout: who may change it, how it reaches the principal, and what its results say."""

import pytest

from libs.common.contracts.analytics import EXPERIMENT, ExperimentQuery, ExperimentResults, MeasuredInterval
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOLDOUT = "/api/experiments/holdout"


async def test_it_is_off_until_an_admin_switches_it_on(auth: Auth) -> None:
    org = await auth.new_org()
    member = await auth.join(org, "member")
    assert (await auth.call("GET", HOLDOUT, member)).json() == {"share": 0.0, "unit": "conversation"}
    assert (await auth.call("PUT", HOLDOUT, member, json={"share": 0.05})).status_code == 403
    changed = await auth.call("PUT", HOLDOUT, org.token, json={"share": 0.05, "unit": "conversation"})
    assert (changed.status_code, changed.json()["share"]) == (200, 0.05)
    settings = (await auth.call("GET", "/api/optimization/settings", member)).json()
    assert settings["holdout_share"] == 0.05


@pytest.mark.parametrize("body", [{"share": 0.21}, {"share": -0.01}, {}, {"share": 0.1, "unit": "request"}])
async def test_what_is_no_share_is_refused(auth: Auth, body: dict[str, object]) -> None:
    org = await auth.new_org()
    assert (await auth.call("PUT", HOLDOUT, org.token, json=body)).status_code in (400, 422)


async def test_measured_and_estimated_stand_apart(auth: Auth) -> None:
    measured = MeasuredInterval(value=0.23, low=0.19, high=0.27, always_valid_low=0.1, always_valid_high=0.3)
    asked: list[ExperimentQuery] = []

    async def results(query: ExperimentQuery) -> ExperimentResults:
        asked.append(query)
        return ExperimentResults(
            status="measured",
            measured=measured,
            estimated=0.31,
            conversations_treated=7691,
            conversations_control=412,
            unpriced=3,
            mixed=2,
            quality=(),
        )

    await auth.bus.serve(EXPERIMENT, results)
    org = await auth.new_org()
    found = (await auth.call("GET", f"{HOLDOUT}/results", org.token)).json()
    assert (found["status"], found["measured"]["value"], found["estimated"]) == ("measured", 0.23, 0.31)
    assert (found["conversations_control"], found["unpriced_conversations"], found["mixed_conversations"]) == (
        412,
        3,
        2,
    )
    assert asked[0].org_id == org.id
    assert asked[0].to_ms - asked[0].from_ms == 28 * 86_400_000
