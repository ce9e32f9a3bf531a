"""How long a look-up takes in the service, by how many entries there are: the service's own classes over the built-in store."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

import msgspec

from libs.common import context
from libs.common.clock import SystemClock
from libs.common.contracts.cache import CacheHit, CacheMiss, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.embedding import Embedder, ThreadedEmbedder
from libs.common.embedding.static import StaticTable
from libs.common.runner import settle_memory
from services.cache.answers import Answers
from services.cache.domain.normalise import VERSION
from services.cache.embedding_cache import EmbeddingCache
from services.cache.entries import Entries
from services.cache.quota import Quota
from services.cache.store.edge import EdgePoints
from services.cache.store.shape import collection_name

ORG, SCOPE = "org_bench", "scope-0"
# Each kind of look-up is timed in so many rounds of so many questions; what is shown is the median over the rounds.
ROUNDS, PER_ROUND = 3, 40
_PATIENCE_MS = 10_000.0
_ANSWER = msgspec.json.encode({"object": "chat.completion", "choices": [{"message": {"content": "An answer. " * 60}}]})
# Questions of every subject with every end: distinct, and at all distances from each other.
_STARTS = """
How do I repair|Why do people collect|What is the history of|Where can I buy|When did engineers invent|How do you paint|Who made
the first|What are the risks of|How much does it cost to insure|Which museum shows|Is it hard to restore|What tools clean
""".replace("\n", " ").strip().split("|")  # fmt: skip
_THINGS = """
wooden boats|steam engines|glass bottles|leather saddles|paper lanterns|copper kettles|stone bridges|silk carpets|brass clocks|
iron gates|clay ovens|film cameras|church organs|garden fountains|fishing nets|school desks|desert tents|mountain huts|
railway signals|harbour cranes|violin bows|chess sets|postage stamps|coffee mills|street lamps|water wheels|velvet curtains|
ceramic tiles|radio towers|sailing charts|snow shoes|bee hives
""".replace("\n", "").split("|")  # fmt: skip
_PLACES = """
Norway|Bolivia|Kenya|Vietnam|Portugal|Iceland|Morocco|Nepal|Chile|Estonia|Ghana|Japan|Cuba|Jordan|Malta|Peru
""".strip().split("|")
_TIMES = """
the middle ages|the great war|a rainy season|the gold rush|early trade|modern tourism|cold winters|royal weddings|big floods
""".strip().split("|")
# Fifty tokens with words of their own, so that nothing above is near.
_LONG = (
    "How should a small {name} laboratory organise the storage of frozen blood samples, given two old freezers, one trained "
    "assistant, and an electricity supply that {filler}fails for some hours on most days of the hot months?"
)


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """So many entries of one organization, spread over so many scopes; one scope is the hardest case for a search."""

    entries: int
    scopes: int = 1

    def __str__(self) -> str:
        return f"{self.entries:,}" + (f" in {self.scopes} scopes" if self.scopes > 1 else "")


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one kind of look-up."""

    p50: float
    p95: float


def questions() -> Iterator[str]:
    """Some 55,000, in an order that mixes all parts."""
    for place, when, thing, start in itertools.product(_PLACES, _TIMES, _THINGS, _STARTS):
        yield f"{start} {thing} in {place} during {when}?"


@asynccontextmanager
async def filled(size: Size, model: Embedder, table: StaticTable) -> AsyncIterator[Answers]:
    """The service with so many entries."""
    with tempfile.TemporaryDirectory() as directory:
        name = collection_name(model.name, VERSION)
        points = EdgePoints(Path(directory), name, static_size=table.dimension, embedding_size=model.dimension)
        entries, thinker = Entries(points, SystemClock()), ThreadedEmbedder(model)
        quota = Quota(entries, SystemClock(), max_entries=10**6, stores_per_minute=10**6)
        answers = Answers(entries, quota, table, EmbeddingCache(thinker))
        try:
            for at, question in enumerate(itertools.islice(questions(), size.entries - (2 * ROUNDS + 1) * PER_ROUND)):
                await answers.store(_stored(str(at), question, scope=f"scope-{at % size.scopes}"))
            settle_memory()  # as in the service, once it is up
            yield answers
        finally:
            thinker.close()
            await points.close()


async def speeds(answers: Answers, size: Size) -> dict[str, Timed]:
    """Each kind of look-up, every time with another question."""
    rounds = [await _round(answers, at, size.scopes) for at in range(ROUNDS)]
    return {kind: _middle([one[kind] for one in rounds]) for kind in rounds[0]}


async def _round(answers: Answers, number: int, scopes: int) -> dict[str, Timed]:
    mine = itertools.islice(questions(), 0, None, scopes)
    stored = list(itertools.islice(mine, number * PER_ROUND, (number + 1) * PER_ROUND))
    names = _names(number)
    for name in names:
        await answers.store(_stored(name, f"Does the {name} drum resemble an ordinary one?"))
    cold, warm = (
        [f"Does the {name} drum {word} resemble an ordinary one?" for name in names] for word in ("truly", "really")
    )
    far = [f"{_FAR[at % len(_FAR)]} {name}" for at, name in enumerate(names)]
    vetoed = [question.replace("?", " without delay?") for question in stored]
    same = [f"Could you tell me {question[0].lower()}{question[1:]}" for question in stored]
    return {
        "exact hit": await _timed("exact hit", range(PER_ROUND), answers),
        "exact miss": await _timed("exact miss", range(-PER_ROUND, 0), answers),
        "miss, nothing near": await _timed("miss, nothing near", far, answers),
        "miss, all near ones vetoed": await _timed("miss, all near ones vetoed", vetoed, answers),
        "hit, same form": await _timed("hit, same form", same, answers),
        "hit by the model, entry never compared": await _timed("hit, cold", cold, answers),
        "hit by the model, entry compared before": await _timed("hit, warm", warm, answers),
    }


def _middle(rounds: Sequence[Timed]) -> Timed:
    return Timed(p50=median(one.p50 for one in rounds), p95=median(one.p95 for one in rounds))


async def _timed(name: str, asked: Iterable[str | int], answers: Answers) -> Timed:
    """Numbers are fingerprints, texts questions. The name says whether they hit."""
    taken = []
    for one in asked:
        # A patient caller: a look-up that a busy machine makes late is slow here, and no miss.
        with context.bound(request_id=None, budget_ms=_PATIENCE_MS):
            begun = time.perf_counter()
            if isinstance(one, int):
                found = await answers.exact(ExactLookup(org_id=ORG, fingerprint=str(one)))
            else:
                found = await _ask(answers, one)
            taken.append((time.perf_counter() - begun) * 1000)
        if isinstance(found, CacheHit) is ("miss" in name):
            raise AssertionError(f"{name}: {one} got {found}")
    return Timed(p50=median(taken), p95=quantiles(taken, n=20)[-1])


async def at_fifty_tokens(answers: Answers) -> Timed:
    """Hits of fifty tokens that the model decides, on entries that it has seen before."""
    rounds = []
    for number in range(ROUNDS):
        names = _names(number)
        for name in names:
            await answers.store(_stored(f"long-{name}", _LONG.format(name=name, filler="")))
            await _ask(answers, _LONG.format(name=name, filler="truly "))
        rounds.append(await _timed("hit", [_LONG.format(name=name, filler="really ") for name in names], answers))
    return _middle(rounds)


_FAR = ["When does a comet lose its tail", "Translate my poem into seven languages", "Prove that the sum converges"]


def _names(number: int) -> list[str]:
    """Words that no list holds, others in each round."""
    letters = itertools.product("bdfgklmnprst", "aeiou", "bdfgklmnprst")
    first = number * PER_ROUND
    return [f"{''.join(word)}ovian" for word in itertools.islice(letters, first, first + PER_ROUND)]


def _ask(answers: Answers, query: str) -> Awaitable[CacheHit | CacheMiss]:
    return answers.semantic(SemanticLookup(org_id=ORG, scope=SCOPE, query=query, threshold=0.95))


def _stored(fingerprint: str, question: str, scope: str = SCOPE) -> StoreAnswer:
    return StoreAnswer(
        org_id=ORG,
        scope=scope,
        fingerprint=fingerprint,
        query=question,
        ttl_seconds=86_400,
        answer=msgspec.Raw(_ANSWER),
        served_model="gpt-4o",
        provider="openai",
        prompt_tokens=20,
        completion_tokens=200,
        request_id=f"req_{fingerprint}",
    )


def measured(sizes: Sequence[Size], model: Embedder, table: StaticTable) -> tuple[dict[Size, dict[str, Timed]], Timed]:
    """The kinds by size, and the look-up of fifty tokens."""

    async def run() -> tuple[dict[Size, dict[str, Timed]], Timed]:
        by_size = {}
        for size in sizes:
            async with filled(size, model, table) as answers:
                by_size[size] = await speeds(answers, size)
                long = await at_fifty_tokens(answers)
        return by_size, long

    return asyncio.run(run())
