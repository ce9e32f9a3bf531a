"""What is kept on disk is for the cache's own user alone."""

from pathlib import Path

from libs.common.clock import SystemClock
from services.cache.entries import Entries
from services.cache.store.edge import EdgePoints
from tests.integration.cache.conftest import answer_for


async def test_no_other_user_reads_what_was_asked(tmp_path: Path) -> None:
    home = tmp_path / "cache"
    home.mkdir(mode=0o755)
    (home / "left by an earlier version").write_text("an answer")
    points = EdgePoints(home, "promptly-answers-test", static_size=4, embedding_size=4)
    try:
        entries = Entries(points, SystemClock())
        for n in range(20):
            await entries.store(answer_for(fingerprint=str(n)))
        await entries.sweep()
        open_ones = [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077]
    finally:
        await points.close()
    assert open_ones == []
