"""The holdout: its share, and what it shows."""

from typing import Any, Final

from litestar import Controller, get, put
from msgspec import UNSET

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.analytics import EXPERIMENT
from libs.common.contracts.experiments import ExperimentQuery
from libs.common.contracts.levers import OptimizationSettings
from libs.common.errors import BadRequest
from services.auth.domain.permissions import Action
from services.auth.experiments import schemas
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.routing.service import Configuration

_PERIOD_MS: Final = 28 * 24 * 3600 * 1000


class ExperimentController(Controller):
    """/api/experiments"""

    path = "/experiments"

    @get("/holdout", needs=Action.READ)
    async def holdout(self, request: ApiRequest, configuration: Injected[Configuration]) -> schemas.Holdout:
        """The share of the conversations that runs without levers, and the levers with an arm of their own."""
        return _holdout(await configuration.settings(request.user))

    @put("/holdout", needs=Action.MANAGE_SETTINGS)
    async def change_holdout(
        self, request: ApiRequest, payload: Payload[schemas.HoldoutChange], configuration: Injected[Configuration]
    ) -> schemas.Holdout:
        """Have another share run without levers, or give levers an arm of their own."""
        if payload.share is UNSET and payload.levers is UNSET:
            raise BadRequest("Say `share`, `levers`, or both.", param="share")
        changes: dict[str, Any] = {}
        if payload.share is not UNSET:
            changes["holdout_share"] = payload.share
        if payload.levers is not UNSET:
            changes["lever_shares"] = {lever: share for lever, share in sorted(payload.levers.items()) if share}
        return _holdout(await configuration.change_settings(request.user, changes))

    @get("/holdout/results", needs=Action.READ)
    async def results(
        self, request: ApiRequest, configuration: Injected[Configuration], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.HoldoutResults:
        """What the levers saved in the last 28 days, measured and estimated, and what they did to quality."""
        to_ms = int(clock.now().timestamp() * 1000)
        from_ms = to_ms - _PERIOD_MS
        share = (await configuration.settings(request.user)).holdout_share
        found = await bus.call(EXPERIMENT, ExperimentQuery(org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms))
        return schemas.HoldoutResults.of(found, share, from_ms, to_ms)


def _holdout(settings: OptimizationSettings) -> schemas.Holdout:
    return schemas.Holdout(share=settings.holdout_share, levers=settings.lever_shares)


class AuditController(Controller):
    """/api/audit-log"""

    path = "/audit-log"

    @get(needs=Action.MANAGE_SETTINGS)
    async def newest(
        self, request: ApiRequest, params: Params[schemas.AuditQuery], configuration: Injected[Configuration]
    ) -> schemas.AuditLog:
        """The latest changes of the settings, by whom, and what the guard switched off and why."""
        return schemas.AuditLog.of(await configuration.changes(request.user, params.limit))
