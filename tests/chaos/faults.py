"""Faults, by process id, on processes of the stack that the run itself started."""

import asyncio
import os
import signal

from tests.fixtures.running import Running, pid_of


async def wait_for_pid(running: Running, name: str) -> int:
    """The process of a part, once there is one."""
    async with asyncio.timeout(30):
        while (pid := pid_of(running, name)) is None:
            await asyncio.sleep(0.02)
    return pid


async def kill_repeatedly(running: Running, name: str, *, times: int, every: float) -> int:
    """SIGKILL a part, again and again; the supervisor starts it each time. How often it died comes back."""
    for _ in range(times):
        await asyncio.sleep(every)
        os.kill(await wait_for_pid(running, name), signal.SIGKILL)
    return times


async def freeze(running: Running, name: str, *, after: float, seconds: float) -> int:
    """SIGSTOP a part for a while."""
    await asyncio.sleep(after)
    pid = await wait_for_pid(running, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)
    return 1
