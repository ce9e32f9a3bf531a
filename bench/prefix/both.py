"""The two levers that know of each other: the optimizer's cuts and the prompt cache, on tau's airline agent."""

from pathlib import Path

from bench.optimizer.client import ask, calls, sent
from bench.optimizer.data import Messages
from bench.optimizer.tools import AIRLINE
from bench.prefix.played import Played, bill_of
from bench.prefix.traffic import MODEL, body_of
from libs.common.contracts.auth import Level
from libs.common.embedding.static import load_table
from services.optimizer.calibration import load_calibration
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer
from tests.fake_provider.meter import Usage
from tests.fake_provider.prefix_cache import PrefixCache

MODEL_DIR = Path("var/model")
_SECONDS = {"5m": 300, "1h": 3_600}
_READ = 0.1  # of the input price


def bills(conversations: list[Messages], turn: float) -> list[list[str]]:
    """Input bills with each of the two, with both and with neither; a day lies between two conversations."""
    similarity = Similarity(load_table(str(MODEL_DIR)), load_calibration())
    lines = []
    plain = 0
    for name, level, marks in _ARMS:
        played = Played()
        total = 0
        for conversation in conversations:
            optimizer = Optimizer(similarity, cache_bytes=32_000_000)
            played.now += 86_400
            cut, cached = None, 0
            for messages, _ in calls(conversation):
                played.now += turn
                going = messages
                if level is not None:
                    warm = cached if turn < _SECONDS[played.lifetime] else 0
                    reply = ask(
                        optimizer, messages, level, keep_cut=cut if warm else None, warm=warm, share=_READ, tools=True
                    )
                    going, cut = sent(messages, reply), reply.cut
                body = body_of(going, AIRLINE)
                used = (
                    played.used(body)
                    if marks
                    else Usage(uncached_input=sum(PrefixCache(lambda: 0.0).used("", MODEL, body)[:4]))
                )
                cached = used.cache_read
                total += bill_of(used)
        plain = plain or total
        lines.append([name, f"{turn:g} s", f"${total / 1e9:.3f}", f"{100 * (1 - total / plain):.1f} %"])
    return lines


_ARMS: tuple[tuple[str, Level | None, bool], ...] = (
    ("neither", None, False),
    ("optimizer, moderate", "moderate", False),
    ("prompt cache", None, True),
    ("both", "moderate", True),
)
