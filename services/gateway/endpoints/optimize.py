"""POST /v1/optimize: no model answers it, so of what an endpoint answers for it has the routes and the errors."""

from typing import Final

import msgspec

from libs.common.contracts.auth import Scope
from libs.common.errors import PromptlyError
from libs.common.http_errors import retry_headers
from services.gateway.endpoints.base import ErrorResponse
from services.gateway.translate.optimizing import error_body


class Optimize:
    """The optimize API's own shapes."""

    scope: Scope = "optimize"
    routes: tuple[str, ...] = ("/v1/optimize",)

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        """An error instead of an answer."""
        body = msgspec.json.encode(error_body(error))
        return ErrorResponse(status=error.status, body=body, headers=retry_headers(error))


OPTIMIZE: Final = Optimize()
