"""The web application: every route under /api, behind one guard."""

from dataclasses import dataclass, fields
from typing import Any, Final

from litestar import Litestar, Router
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from libs.common.bus import Bus
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.errors import PromptlyError
from services.auth.accounts.erasure import Erasure
from services.auth.accounts.http import AuthController, OrgController
from services.auth.accounts.recovery import Recovery
from services.auth.accounts.service import Accounts
from services.auth.alerts.http import AlertController
from services.auth.alerts.service import AlertScopes
from services.auth.audited import Audited
from services.auth.billing.credits import Credits
from services.auth.billing.http import BillingController
from services.auth.billing.service import Billing
from services.auth.budgets.http import BudgetController
from services.auth.budgets.service import Budgets
from services.auth.captures.http import CaptureController, ReplayController
from services.auth.domain.links import Links
from services.auth.experiments.http import AuditController, ExperimentController
from services.auth.http import errors
from services.auth.http.dependencies import DECODED
from services.auth.http.docs import DocsController
from services.auth.http.guard import guard
from services.auth.insights.http import AnalyticsController, RequestController
from services.auth.insights.subscriptions import Subscriptions
from services.auth.issuers.http import IssuerController
from services.auth.issuers.service import CallerIssuers
from services.auth.keys.api_keys import ApiKeys
from services.auth.keys.control_keys import ControlKeys
from services.auth.keys.http import ControlKeyController, PlatformKeyController, ProviderKeyController
from services.auth.keys.provider_keys import ProviderKeys
from services.auth.optimization.http import OptimizationController
from services.auth.ports import Limits
from services.auth.reports.http import ReportController
from services.auth.reports.service import Reports
from services.auth.routing.http import RoutingController
from services.auth.routing.service import Configuration
from services.auth.sessions.http import OAuthController
from services.auth.sessions.oauth import OAuth
from services.auth.sessions.service import Sessions
from services.auth.status.http import StatusController
from services.auth.team.http import InviteController, TeamController
from services.auth.team.service import Team
from services.auth.teams.http import TeamsController
from services.auth.teams.service import Teams
from services.auth.webhooks.http import WebhookController

_LARGEST_BODY: Final = 1024 * 1024


@dataclass(frozen=True)
class Parts:
    """What handlers may have injected, by parameter name."""

    accounts: Accounts
    sessions: Sessions
    recovery: Recovery
    team: Team
    oauth: OAuth
    erasure: Erasure
    links: Links
    api_keys: ApiKeys
    control_keys: ControlKeys
    provider_keys: ProviderKeys
    issuers: CallerIssuers
    configuration: Configuration
    teams: Teams
    budgets: Budgets
    alert_scopes: AlertScopes
    audited: Audited
    limits: Limits
    reports: Reports
    credits_: Credits
    billing: Billing
    subscriptions: Subscriptions
    catalog: Catalog
    bus: Bus
    clock: Clock


def create_api(parts: Parts) -> Litestar:
    """The application that the web server serves."""
    api = Router(
        path="/api",
        route_handlers=[
            AuthController,
            InviteController,
            OAuthController,
            OrgController,
            TeamController,
            StatusController,
            PlatformKeyController,
            ControlKeyController,
            ProviderKeyController,
            IssuerController,
            OptimizationController,
            RoutingController,
            TeamsController,
            BudgetController,
            AnalyticsController,
            RequestController,
            ExperimentController,
            AuditController,
            ReportController,
            CaptureController,
            ReplayController,
            AlertController,
            WebhookController,
            BillingController,
            DocsController,
        ],
        guards=[guard(parts.sessions, parts.control_keys)],
        dependencies={field.name: _provided(getattr(parts, field.name)) for field in fields(parts)} | DECODED,
    )
    return Litestar(
        [api],
        exception_handlers={
            PromptlyError: errors.promptly_error,
            HTTPException: errors.http_error,
            Exception: errors.unexpected,
        },
        request_max_body_size=_LARGEST_BODY,
        before_send=[_private],
        openapi_config=None,
        logging_config=None,
    )


async def _private(message: Message, _: Scope) -> None:
    """Answers hold tokens and keys, which no cache may keep; URLs hold codes, which no other site may see as a referrer."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        headers["Cache-Control"] = "no-store"
        headers["Referrer-Policy"] = "no-referrer"


def _provided(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
