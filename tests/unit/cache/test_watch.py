"""The watch over the vector store."""

from services.cache.jobs.watch import Watch
from services.cache.ports import StoreDownError
from services.cache.store.memory import MemoryPoints


class DownPoints(MemoryPoints):
    async def ping(self) -> None:
        raise StoreDownError("gone")


async def test_the_watch_names_the_store_only_while_it_is_away() -> None:
    watch = Watch(MemoryPoints())
    assert watch.missing() == ("qdrant",)
    await watch.look()
    assert watch.missing() == ()
    away = Watch(DownPoints())
    await away.look()
    assert away.missing() == ("qdrant",)
