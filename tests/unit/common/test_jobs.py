"""Work beside a block ends with it."""

import asyncio

from libs.common.jobs import running


async def test_work_that_swallows_a_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    async with running(stubborn()):
        await asyncio.sleep(0)
    assert swallowed == 1


async def test_nothing_to_run_is_fine() -> None:
    async with running():
        pass
