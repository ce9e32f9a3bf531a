"""Who begins next: organizations in rotation, and nobody is lost or kept waiting by one who left."""

import asyncio
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.state.org_rotation import OrgRotation


async def _begin(orders: OrgRotation, begun: list[str], org_id: str) -> None:
    await orders.wait(org_id)
    begun.append(org_id)


async def test_few_requests_begin_at_once() -> None:
    orders = OrgRotation(most=3)
    for _ in range(3):
        coroutine = orders.wait("a")
        with suppress(StopIteration):
            coroutine.send(None)
            raise AssertionError("it waited")


async def test_organizations_take_turns() -> None:
    orders, begun = OrgRotation(most=2), list[str]()
    async with asyncio.TaskGroup() as tasks:
        for org_id in "aaaaaaaabbbc":
            tasks.create_task(_begin(orders, begun, org_id))
    assert "".join(begun) == "aaabcababaaa"


async def test_a_turn_begins_no_more_than_its_share() -> None:
    orders, begun, each = OrgRotation(most=4), list[str](), list[int]()
    tasks = [asyncio.ensure_future(_begin(orders, begun, "a")) for _ in range(40)]
    while len(begun) < 40:
        before = len(begun)
        await asyncio.sleep(0)
        each.append(len(begun) - before)
    await asyncio.gather(*tasks)
    assert max(each) <= 4
    assert len(each) < 15


async def test_of_a_crowd_one_begins_in_a_turn_and_somebody_else_is_next() -> None:
    orders, begun, each = OrgRotation(most=4), list[str](), list[int]()
    tasks = [asyncio.ensure_future(_begin(orders, begun, "a")) for _ in range(1000)]
    await asyncio.sleep(0)
    tasks.append(asyncio.ensure_future(_begin(orders, begun, "b")))
    while "b" not in begun:
        before = len(begun)
        await asyncio.sleep(0)
        each.append(len(begun) - before)
    assert max(each) <= 4
    assert sum(each) <= 8
    await asyncio.gather(*tasks)
    assert len(begun) == 1001


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60), st.integers(1, 5))
def test_all_who_stay_begin_whoever_leaves(requests: list[tuple[str, bool]], most: int) -> None:
    async def run() -> list[str]:
        orders, begun = OrgRotation(most=most), list[str]()
        tasks = [asyncio.ensure_future(_begin(orders, begun, org_id)) for org_id, _ in requests]
        await asyncio.sleep(0)
        for task, (_, leaves) in zip(tasks, requests, strict=True):
            if leaves:
                task.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        assert not orders._waiting or all(not queue for queue in orders._waiting.values())
        assert all(task.done() for task in tasks)
        return begun

    begun = asyncio.run(run())
    for org_id in "abc":
        stay = sum(one == org_id and not leaves for one, leaves in requests)
        assert stay <= begun.count(org_id)
