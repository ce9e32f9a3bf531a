"""What the gateway needs of a store of captured requests."""

from typing import Protocol

from libs.common.contracts.gateway import Captured
from services.gateway.domain.captured import CapturedRequest


class CaptureStore(Protocol):
    """Captured requests, for all gateways. What reads, keeps and removes raises a `PromptlyError` where it is not certain."""

    def is_full(self, org_id: str) -> bool:
        """Whether no more of this organization's is kept today, as far as this gateway knows."""
        ...

    async def save(self, org_id: str, request: CapturedRequest) -> bool:
        """Keep a request, and say whether there was room for it."""
        ...

    async def list(self, org_id: str, from_ms: int, to_ms: int) -> list[Captured]:
        """Those that came in a period of 31 days at most, newest first."""
        ...

    async def load(self, org_id: str, captured: Captured) -> CapturedRequest | None:
        """One of them, opened; None where it is gone."""
        ...

    async def find(self, org_id: str, request_id: str) -> Captured | None:
        """What is known of a request; None where it is not kept."""
        ...

    async def forget(self, org_id: str, captured: Captured) -> None:
        """Remove one."""
        ...

    async def erase(self, org_id: str, user_id: str | None = None) -> int:
        """Remove all of an organization's, or those that came with the keys of one member; how many that were."""
        ...
