"""What a server writes in one turn of the loop is one call of the system, and nothing of it is lost when the connection ends."""

import asyncio
from typing import Any

import pytest

from libs.common.bounded_http import JoinedWrites


class Played:
    """A transport that keeps what was done with it."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.done.append((name, *given))

    def is_closing(self) -> bool:
        return self.closed


def joined() -> tuple[Played, JoinedWrites]:
    transport = Played()
    return transport, JoinedWrites(transport, asyncio.get_running_loop())  # type: ignore[arg-type]  # as far as it is used


async def test_a_head_and_its_body_are_one_call() -> None:
    transport, writes = joined()
    writes.write(b"head")
    writes.write(b"body")
    assert transport.done == []
    await asyncio.sleep(0)
    assert transport.done == [("writelines", [b"head", b"body"])]
    writes.write(b"next")
    await asyncio.sleep(0)
    assert transport.done[1:] == [("write", b"next")]


async def test_much_is_not_held_back() -> None:
    transport, writes = joined()
    for _ in range(5):
        writes.write(b"x" * 20_000)
    sent = sum(len(b"".join(lines)) for _, lines in transport.done)
    assert sent == 80_000


@pytest.mark.parametrize("end", ["close", "abort", "write_eof"])
async def test_an_end_comes_after_what_was_written(end: str) -> None:
    transport, writes = joined()
    writes.write(b"last")
    getattr(writes, end)()
    await asyncio.sleep(0)
    assert transport.done == [("write", b"last"), (end,)]


async def test_to_a_peer_that_is_gone_nothing_is_written() -> None:
    transport, writes = joined()
    writes.write(b"late")
    transport.closed = True
    await asyncio.sleep(0)
    assert transport.done == []
