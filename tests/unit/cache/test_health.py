"""The watch over the vector store."""

from services.cache.jobs.health import HealthCheck
from services.cache.ports import StoreDownError
from tests.fakes.cache_store import MemoryPoints


class DownPoints(MemoryPoints):
    async def ping(self) -> None:
        raise StoreDownError("gone")


async def test_the_watch_names_the_store_only_while_it_is_away() -> None:
    watch = HealthCheck(MemoryPoints())
    assert watch.missing() == ("qdrant",)
    await watch.probe()
    assert watch.missing() == ()
    away = HealthCheck(DownPoints())
    await away.probe()
    assert away.missing() == ("qdrant",)
