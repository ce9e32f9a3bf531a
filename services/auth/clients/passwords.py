"""Argon2id, two at a time: each takes tens of milliseconds and 19 MiB, and any client can cause one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from libs.common.errors import Unavailable

T = TypeVar("T")
_AT_ONCE: Final = 2
_WAITING: Final = 20


class Argon2Passwords:
    """Implements `ports.Passwords`; `close` ends its threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._pending = 0
        # Checked instead of a hash that does not exist, so that an unknown e-mail takes as long as a known one.
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        def verify() -> bool:
            try:
                return self._hasher.verify(password_hash or self._nobody, password)
            except (Argon2Error, InvalidHashError):
                return False

        return await self._run(verify) and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= _AT_ONCE + _WAITING:
            raise Unavailable("Too many people are signing in right now; try again in a moment.")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1
