"""Answers about the state of the services."""

from typing import Literal

from msgspec import UNSET, UnsetType

from services.auth.schemas import Answer


class ServiceState(Answer, frozen=True, kw_only=True):
    """One service; `event_lag` counts requests that its figures do not show yet."""

    status: Literal["up", "degraded", "down"]
    version: str | None
    degraded: tuple[str, ...]
    missing: tuple[str, ...]
    reason: str | UnsetType = UNSET
    event_lag: int | UnsetType | None = UNSET


class SystemState(Answer, frozen=True, kw_only=True):
    """How Promptly is."""

    status: Literal["up", "degraded"]
    version: str
    bus: Literal["up", "down"]
    services: dict[str, ServiceState]
