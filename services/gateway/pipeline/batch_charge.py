"""What a batch costs: recorded once, when it is first seen to be over, however often it is looked at and by whom."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from libs.common.catalog import Catalog, Terms, UnitCatalog
from libs.common.clock import Clock
from libs.common.contracts.events import CompletionFinished
from services.gateway.domain.answer_usage import batch_tokens
from services.gateway.domain.passthrough import Owner
from services.gateway.pipeline.recorder import Recorder
from services.gateway.ports import Owners

_OVER: Final = ("completed", "expired", "cancelled", "failed")


class BatchCharges:
    """Records them, for the key that made the batch."""

    def __init__(self, owners: Owners, recorder: Recorder, catalog: Catalog, units: UnitCatalog, clock: Clock) -> None:
        self._owners = owners
        self._recorder = recorder
        self._catalog = catalog
        self._units = units
        self._clock = clock

    async def charge(self, batch_id: str, batch: Mapping[str, Any], owner: Owner, provider: str) -> bool:
        """Record a batch's cost if it is over; whether it is. The record's id is the batch's, so that a second one is dropped
        wherever it comes from.
        """
        if batch.get("status") not in _OVER:
            return False
        usage = batch.get("usage")
        said = usage if isinstance(usage, dict) and batch_tokens(usage) != batch_tokens({}) else None
        made_something = said is not None or batch.get("output_file_id") is not None
        if not owner.charged and (made_something or batch.get("status") == "completed"):
            await self._recorder.publish(self._record(batch_id, batch, said, owner, provider))
        if not owner.charged:
            await self._owners.bind(batch_id, msgspec.structs.replace(owner, charged=True))
        return True

    def _record(
        self, batch_id: str, batch: Mapping[str, Any], usage: Mapping[str, Any] | None, owner: Owner, provider: str
    ) -> CompletionFinished:
        model = batch.get("model") if isinstance(batch.get("model"), str) else None
        tokens = batch_tokens(usage or {})
        nano = None if usage is None or model is None else self._cost(provider, model, usage, owner.made_ms)
        return CompletionFinished(
            id=_record_id(batch_id, owner),
            org_id=owner.org_id,
            key_id=owner.key_id,
            user_id=owner.user_id,
            kind="passthrough",
            status="success",
            time_ms=int(self._clock.now().timestamp() * 1000),
            baseline_model=model or "batches",
            routed_model=model or "batches",
            served_model=model,
            provider=provider,
            tokens=tokens,
            original_tokens=tokens.input,
            optimized_tokens=tokens.input,
            baseline_cost_nano=nano,
            actual_cost_nano=nano,
            price_version=self._catalog.version,
            target_surface="/v1/batches",
            raw=True,
            service_tier="batch",
            unpriced=() if nano is not None else ("usage",) if usage is None else ("price",),
        )

    def _cost(self, provider: str, name: str, usage: Mapping[str, Any], made_ms: int) -> int | None:
        day = datetime.fromtimestamp(made_ms / 1000, UTC).date()
        factor = self._catalog.tier_factor(provider, "batch", day)
        tokens = batch_tokens(usage)
        model = self._catalog.find(name)
        if model is not None and model.provider == provider:
            return model.cost_nano(tokens, day, terms=Terms(factor=factor))
        unit = self._units.find(provider, name)
        if unit is None or factor is None:
            return None
        used = {"input": tokens.input, "output": tokens.output}
        return unit.cost({unit: amount for unit, amount in used.items() if amount}, day, Decimal(factor)).nano


def _record_id(batch_id: str, owner: Owner) -> str:
    """An id of a request's form that is the batch's own: its time is when the batch was made."""
    digest = hashlib.blake2b(f"{owner.org_id}\n{batch_id}".encode(), digest_size=10).digest()
    value = (owner.made_ms & (1 << 48) - 1) << 80 | int.from_bytes(digest)
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return f"req_{value | 0x7 << 76 | 0x2 << 62:032x}"
