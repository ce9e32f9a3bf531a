"""A mix of requests that looks like real traffic: what is saved, in tokens and in money, and what is harmed, side by side.

The cost counts prompt and answer at gpt-4o's list prices, without a provider's cache: answers do not get shorter.
"""

from collections import Counter
from typing import NamedTuple

from bench.optimizer.client import LEVELS, ask, sent
from bench.optimizer.ledger import Ledger
from bench.optimizer.tools import tokens_of
from bench.optimizer.traffic import CLASSES, Request
from libs.common.contracts.auth import Level
from libs.common.contracts.optimizer import OptimizeReply
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer
from tests.damage.asking import Sent, text_of
from tests.damage.corpus.words import Dice
from tests.damage.judging import same_value
from tests.damage.talk.form import faults

REQUESTS = 500
_INPUT, _OUTPUT = 2.5, 10.0  # dollars per million tokens


class _Done(NamedTuple):
    """A request of a class, what became of it, and what was lost in it."""

    title: str
    request: Request
    reply: OptimizeReply
    losses: tuple[str, ...]


def requests() -> list[tuple[str, Request]]:
    """The mix, the same at each run."""
    titles = [title for title, (share, _) in CLASSES.items() for _ in range(share * REQUESTS // 100)]
    return [(title, CLASSES[title][1](Dice(f"mix-{title}-{n}"))) for n, title in enumerate(titles)]


def mix(ledger: Ledger, similarity: Similarity) -> None:
    """Each level over the same requests: by level, then by class."""
    drawn = requests()
    lines, by_class = [], []
    for level in LEVELS:
        done = _run(level, drawn, similarity)
        lines.append([level, *_figures(done), _named(done)])
        by_class += [
            [title, level, str(len(some)), *_figures(some), _named(some)]
            for title in CLASSES
            if (some := [one for one in done if one.title == title])
        ]
        harmed = sum(bool(one.losses) for one in done)
        ledger.most(f"realistic mix, {level}: requests that lose what they hang on", harmed, 0, "requests")
    head = ["tokens saved", "with tool definitions", "cost saved", "changed", "untouched", "harmed", "what was lost"]
    ledger.show(f"Realistic mix, {len(drawn)} requests", ["level", *head], lines)
    ledger.show("The mix by class", ["traffic", "level", "n", *head], by_class)


def _run(level: Level, drawn: list[tuple[str, Request]], similarity: Similarity) -> list[_Done]:
    optimizer = Optimizer(similarity, cache_bytes=32_000_000)
    done = []
    for title, request in drawn:
        reply = ask(optimizer, request.messages, level, tools=bool(request.tools), explain=True)
        done.append(_Done(title, request, reply, _losses(request, reply)))
    return done


def _losses(request: Request, reply: OptimizeReply) -> tuple[str, ...]:
    """What the request hangs on and is not in what is sent, and what makes it no conversation any more."""
    going = sent(request.messages, reply)
    everything = "\n\0\n".join(text_of(message) for message in going)
    plain = " ".join(everything.split())
    lost: list[str] = []
    for loss, text in request.held:
        there = " ".join(text.split()) in plain if loss == "passage lost" else text in everything
        lost += [] if there else [loss]
    last, after = request.messages[-1], going[-1]
    if last["role"] == "tool" and not same_value(text_of(last), text_of(after)):
        lost.append("newest result changed")
    positions = reply.positions or tuple(range(len(going)))
    agent = any(loss == "task lost" for loss, _ in request.held)
    broken = faults(request.messages, Sent(going, positions, reply), documents=True, agent=agent)
    lost += ["form broken"] if broken else []
    return tuple(dict.fromkeys(lost))


def _figures(done: list[_Done]) -> list[str]:
    before = sum(one.reply.original_tokens for one in done)
    saved = before - sum(one.reply.optimized_tokens for one in done)
    beside = sum(tokens_of(one.request.tools) for one in done)
    cost = (before + beside) * _INPUT + sum(one.request.answer for one in done) * _OUTPUT
    changed = sum(one.reply.changed for one in done)
    shares = [
        saved / before,
        saved / (before + beside),
        saved * _INPUT / cost,
        changed / len(done),
        1 - changed / len(done),
    ]
    harmed = sum(bool(one.losses) for one in done)
    return [*(f"{100 * share:.1f} %" for share in shares), f"{harmed} ({100 * harmed / len(done):.1f} %)"]


def _named(done: list[_Done]) -> str:
    counts = Counter(loss for one in done for loss in one.losses)
    return ", ".join(f"{loss} {count}" for loss, count in counts.most_common()) or "–"
