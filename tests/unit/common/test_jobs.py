"""Work beside a block ends with it."""

import asyncio

import pytest
import structlog

from libs.common.jobs import Background, background
from libs.common.telemetry import metrics


async def test_work_that_swallows_a_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    async with background(stubborn()):
        await asyncio.sleep(0)
    assert swallowed == 1


async def test_nothing_to_run_is_fine() -> None:
    async with background():
        pass


async def test_background_tasks_are_drained_with_what_they_start() -> None:
    background, ended = Background(), list[str]()

    async def second() -> None:
        await asyncio.sleep(0)
        ended.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        background.start("second", second())
        ended.append("first")

    background.start("first", first())
    await background.drain()
    assert ended == ["first", "second"]
    assert not len(background)


async def test_a_background_task_that_fails_is_logged_and_counted() -> None:
    background = Background()
    before = metrics.BACKGROUND_FAILURES.labels("broken")._value.get()

    async def broken() -> None:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        task = background.start("broken", broken())
        await background.drain()
        await asyncio.sleep(0)
    assert metrics.BACKGROUND_FAILURES.labels("broken")._value.get() == before + 1
    assert [(line["event"], line["job"], line["error_type"]) for line in logs] == [
        ("background_task_failed", "broken", "ZeroDivisionError")
    ]
    with pytest.raises(ZeroDivisionError):
        await task


async def test_what_is_cancelled_has_not_failed() -> None:
    background = Background()
    with structlog.testing.capture_logs() as logs:
        background.start("forever", asyncio.Event().wait()).cancel()
        await background.drain()
        await asyncio.sleep(0)
    assert logs == []
