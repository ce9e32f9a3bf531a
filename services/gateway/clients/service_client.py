"""Calls to a service that requests can do without: within a budget, behind a breaker, and never an error."""

from collections.abc import Callable

import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.base import Rep, Req, Rpc
from libs.common.errors import BadRequest, DeadlineExceeded, PromptlyError
from services.gateway.ports import DependencySkipped
from services.gateway.state.breaker import Breaker

log = structlog.get_logger()
_ANSWERS = ("no_provider_key", "model_not_found")


class ServiceClient:
    """Calls one service. `part` is the name that `degraded` shows."""

    def __init__(self, bus: Bus, part: str, clock: Callable[[], float]) -> None:
        self.part = part
        self._bus = bus
        self._breaker = Breaker(clock)

    @property
    def is_open(self) -> bool:
        """Whether this part is being left alone now."""
        return self._breaker.open

    async def call(self, rpc: Rpc[Req, Rep], request: Req, budget_ms: float) -> Rep:
        """The reply, or `DependencySkipped`. One `BadRequest` is an answer, and passes: that no key reaches any model."""
        if not self._breaker.allow():
            raise DependencySkipped(self.part)
        try:
            reply = await self._bus.call(rpc, request, budget_ms=budget_ms)
        except BadRequest as refused:
            self._breaker.succeeded()
            if refused.code in _ANSWERS:
                raise
            raise DependencySkipped(self.part) from None
        except DeadlineExceeded:
            self._breaker.failed()
            raise DependencySkipped(self.part) from None
        except PromptlyError:
            # Nobody there, or an error at once: costs nothing, so it is called again next time.
            raise DependencySkipped(self.part) from None
        except Exception as error:  # a reply that does not fit its contract
            log.warning("reply_unusable", subject=rpc.subject, error_type=type(error).__name__)
            self._breaker.failed()
            raise DependencySkipped(self.part) from None
        self._breaker.succeeded()
        return reply
