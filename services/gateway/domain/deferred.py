"""Requests that wait for a batch: what is kept of them, and what their clients can learn."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from libs.common.contracts.auth import Principal
from services.gateway.domain.budgets import BudgetShare
from services.gateway.domain.plan import Plan
from services.gateway.domain.stored_response import Conversation

Surface = Literal["chat", "messages", "responses"]
DeferredState = Literal["queued", "in_progress", "completed", "failed", "cancelled"]


class DeferredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was admitted and planned, as whichever gateway goes on with it needs it. `surface` is the client's format;
    `spent_ms` is how long its client waited for the status address; `reserved_nano` is what was taken from each of its
    `budgets`; `webhook_id` is that of the webhook that is told when it has its answer. Times are ms since the epoch.
    """

    id: str
    surface: Surface
    body: bytes
    headers: Mapping[str, str]
    query: str
    principal: Principal
    plan: Plan
    time_ms: int
    spent_ms: float
    deadline_ms: int
    conversation: Conversation | None = None
    reserved_nano: int | None = None
    budgets: tuple[BudgetShare, ...] = ()
    webhook_id: str | None = None


class DeferredStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where such a request stands. `until_ms` is until when its answer is kept."""

    id: str
    surface: Surface
    state: DeferredState
    created_ms: int
    deadline_ms: int
    until_ms: int | None = None


class DeferredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What its endpoint would have answered."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] = {}


class WaitingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the queue of its group. `size` is that of its line, in bytes."""

    id: str
    time_ms: int
    deadline_ms: int
    size: int


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for one group: requests that wait, the oldest first, and the names of batches that are not over."""

    org_id: str
    group: str
    waiting: tuple[WaitingRequest, ...] = ()
    batches: tuple[str, ...] = ()


class DeferredView(msgspec.Struct, frozen=True, kw_only=True):
    """A deferred request as its client sees it; times in Unix seconds."""

    id: str
    status: DeferredState
    created_at: int
    deadline_at: int
    status_url: str
    object: Literal["deferred"] = "deferred"


def view(status: DeferredStatus) -> DeferredView:
    """What the client of a request is shown."""
    return DeferredView(
        id=status.id,
        status=status.state,
        created_at=status.created_ms // 1000,
        deadline_at=status.deadline_ms // 1000,
        status_url=status_url(status.id),
    )


def status_url(request_id: str) -> str:
    """Where a request's status and answer are, below the gateway's address."""
    return f"/v1/deferred/{request_id}"
