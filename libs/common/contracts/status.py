"""How a service is: the same question for each of them, answered by its runner."""

import msgspec

from libs.common.contracts.base import Rpc

SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")


class AskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How are you?"""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What one copy of a service says: `missing` names parts it cannot work without, `degraded` those it can."""

    version: str
    degraded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def status_of(service: str) -> Rpc[AskStatus, Status]:
    """The question to one service, one of `SERVICES`."""
    return Rpc(f"promptly.v1.{service}.status", AskStatus, Status, 500)
