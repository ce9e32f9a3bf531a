"""The web application: every route under /api, behind one guard."""

from dataclasses import dataclass, fields
from typing import Any, Final

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.errors import PromptlyError
from services.auth.accounts import Accounts
from services.auth.api_keys import ApiKeys
from services.auth.configuration import Configuration
from services.auth.http import errors
from services.auth.http.accounts import AuthController, OrgController
from services.auth.http.alerts import AlertController
from services.auth.http.analytics import AnalyticsController, RequestController
from services.auth.http.configuration import OptimizationController, RoutingController
from services.auth.http.guard import guard
from services.auth.http.keys import PlatformKeyController, ProviderKeyController
from services.auth.provider_keys import ProviderKeys
from services.auth.sessions import Sessions

_LARGEST_BODY: Final = 1024 * 1024


@dataclass(frozen=True)
class Parts:
    """What the routes may ask for, by name."""

    accounts: Accounts
    sessions: Sessions
    api_keys: ApiKeys
    provider_keys: ProviderKeys
    configuration: Configuration
    bus: Bus
    clock: Clock


def create_api(parts: Parts) -> Litestar:
    """The application that the web server serves."""
    api = Router(
        path="/api",
        route_handlers=[
            AuthController,
            OrgController,
            PlatformKeyController,
            ProviderKeyController,
            OptimizationController,
            RoutingController,
            AnalyticsController,
            RequestController,
            AlertController,
        ],
        guards=[guard(parts.sessions)],
        dependencies={field.name: _given(getattr(parts, field.name)) for field in fields(parts)},
    )
    return Litestar(
        [api],
        exception_handlers={
            PromptlyError: errors.promptly_error,
            HTTPException: errors.http_error,
            Exception: errors.unexpected,
        },
        request_max_body_size=_LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def _given(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
