"""Serves CHECK_BATCH: analytics has gateways look at batches that nobody polls."""

from libs.common.bus.ports import Bus
from libs.common.contracts.gateway import CHECK_BATCH, BatchChecked, CheckBatch
from services.gateway.pipeline.batch_check import BatchCheck


async def serve(bus: Bus, batch_check: BatchCheck) -> None:
    """Answer whether batches are over."""

    async def check(request: CheckBatch) -> BatchChecked:
        return BatchChecked(over=await batch_check.check(request.org_id, request.batch_id))

    await bus.serve(CHECK_BATCH, check)
