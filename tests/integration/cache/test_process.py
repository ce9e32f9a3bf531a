"""The real process on a real bus."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from libs.common.bus.nats import NatsBus
from libs.common.contracts.cache import LOOKUP_EXACT, STORE, CacheHit, ExactLookup
from libs.common.errors import NoResponders
from tests.fixtures.nats import NatsServer
from tests.integration.cache.conftest import answer_for

ROOT = Path(__file__).parents[3]


async def start(nats: NatsServer, model_dir: Path, cache_dir: Path) -> Process:
    env = {
        "PROMPTLY_NATS_URL": nats.url,
        "PROMPTLY_MODEL_DIR": str(model_dir),
        "PROMPTLY_CACHE_DIR": str(cache_dir),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cache", cwd=ROOT, env=env, stdout=PIPE, stderr=PIPE
    )


async def served(bus: NatsBus) -> CacheHit | None:
    """The answer to the stored request, as soon as somebody serves the subject."""
    async with asyncio.timeout(30):
        while True:
            try:
                found = await bus.call(
                    LOOKUP_EXACT, ExactLookup(org_id="org_a", fingerprint="fingerprint"), budget_ms=20_000
                )
            except NoResponders:
                await asyncio.sleep(0.02)
            else:
                return found if isinstance(found, CacheHit) else None


async def test_it_serves_refuses_a_second_and_keeps_its_answers(
    nats_server: NatsServer, nats_bus: NatsBus, model_dir: Path, tmp_path: Path
) -> None:
    first = await start(nats_server, model_dir, tmp_path)
    try:
        assert await served(nats_bus) is None
        await nats_bus.call(STORE, answer_for(), budget_ms=20_000)
        second = await start(nats_server, model_dir, tmp_path)
        _, complaint = await asyncio.wait_for(second.communicate(), 30)
        assert second.returncode == 1
        assert "PROMPTLY_QDRANT_URL" in complaint.decode()
        assert "Traceback" not in complaint.decode()
        first.kill()
        await first.wait()
        first = await start(nats_server, model_dir, tmp_path)
        assert await served(nats_bus) is not None
    finally:
        first.send_signal(signal.SIGTERM)
        await asyncio.wait_for(first.communicate(), 30)
    assert first.returncode == 0
