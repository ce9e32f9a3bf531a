"""Long conversations and the deadline of a hop: python -m bench.optimizer.long [service] [tokens …]

What a turn costs one core, which other programs on the machine do not stretch: the first, and the tenth of a conversation of a support
agent that also reads files; and the tenth where four other organizations have conversations of that size, turn by turn.
With `service`, the calls as the gateway makes them: on a bus, with worker processes, in the time that a hop has. Between two turns the
model answers for some seconds.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from time import perf_counter, thread_time

import msgspec

from bench.optimizer.client import MODEL
from bench.optimizer.data import Messages
from bench.optimizer.shop import conversation, policy
from bench.report import table
from libs.common.bus.memory import MemoryBus
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.errors import PromptlyError
from libs.common.tokens import count_messages, encoding_for
from services.optimizer.app import create_app, load_similarity
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings
from tests.damage.asking import call, result, user
from tests.damage.corpus.catalogue import files
from tests.damage.corpus.words import Dice

SIZES = (10_000, 100_000, 250_000)
TURNS = 10
HOP_MS = 100.0
MODEL_DIR = "var/model"
ANSWER_SECONDS = 4.0
_PIECE = 6  # turns of the shop's between two files


@dataclass(frozen=True)
class Turn:
    """One call: how long it took, and what came of it (None: nothing in time)."""

    milliseconds: float
    reply: OptimizeReply | None

    def saved(self) -> str:
        """The share of the tokens that is not sent."""
        if self.reply is None:
            return "not in time"
        return f"{1 - self.reply.optimized_tokens / self.reply.original_tokens:.0%}"


def long_conversation(tokens: int, name: str = "") -> Messages:
    """Somebody's day of so many tokens: instructions, questions with look-ups, files that are read or pasted."""
    dice, every = Dice(f"long-{tokens}{name}"), list(files())
    messages: Messages = [{"role": "system", "content": policy(dice, 40)}]
    number, size = 0, count_messages(MODEL, messages)
    while size < tokens:
        file = every[dice.randint(0, len(every) - 1)]
        more = conversation(dice, _PIECE, tools=True)
        for message in more:
            for one in message.get("tool_calls") or ():
                one["id"] += f"_{number}"
            if "tool_call_id" in message:
                message["tool_call_id"] += f"_{number}"
        if number % 3:
            more += [call(f"read_{number}", "read_file", {"path": file.name}), result(f"read_{number}", file.text)]
        else:
            more.append(user(f"This is {file.name}:\n\n{file.text}\n\nWhat is wrong with it?"))
        more.append({"role": "assistant", "content": f"I have read {file.name}, and it is as it should be."})
        messages += more
        size += count_messages(MODEL, more)
        number += 1
    return [*messages, user("And what is left to do?")]


async def turns(tokens: int) -> list[Turn]:
    """The calls of one conversation, in a service that has just started."""
    messages, bus, out = long_conversation(tokens), MemoryBus(), list[Turn]()
    async with create_app(OptimizerSettings(), bus):
        await _ready(bus)
        cut: int | None = None
        for turn in range(TURNS):
            started, reply = perf_counter(), None
            try:
                reply = await bus.call(OPTIMIZE, _request(messages, cut, "org"), budget_ms=HOP_MS)
                cut = reply.cut
            except PromptlyError:
                pass
            out.append(Turn(1000 * (perf_counter() - started), reply))
            await asyncio.sleep(ANSWER_SECONDS)
            messages += _more(turn)
    await bus.drain()
    return out


def _request(messages: Messages, cut: int | None, owner: str) -> OptimizeRequest:
    return OptimizeRequest(
        model=MODEL,
        messages=msgspec.Raw(json.dumps(messages).encode()),
        settings=OptimizationSettings(),
        keep_cut=cut,
        tools=True,
        org_id=owner,
    )


def _more(turn: int) -> Messages:
    return [{"role": "assistant", "content": f"That was {turn}."}, user(f"And what comes after {turn}?")]


async def _ready(bus: MemoryBus) -> None:
    """Wait until the workers have loaded what they need."""
    warm = OptimizeRequest(
        model=MODEL,
        messages=msgspec.Raw(json.dumps([user("Hello there. " * 1_000)]).encode()),
        settings=OptimizationSettings(),
    )
    for _ in range(2):
        await bus.call(OPTIMIZE, warm, budget_ms=60_000)


def cost(tokens: int, owners: int) -> list[float]:
    """Milliseconds of one core that each turn of the first organization's conversation takes."""
    optimizer = Optimizer(load_similarity(MODEL_DIR), cache_bytes=OptimizerSettings().optimizer_memo_bytes)
    encoding_for(MODEL)
    talks = [long_conversation(tokens, f"org {owner}") for owner in range(owners)]
    cuts: list[int | None] = [None] * owners
    out = []
    for turn in range(TURNS):
        for owner, messages in enumerate(talks):
            request = _request(messages, cuts[owner], f"org {owner}")
            started = thread_time()
            cuts[owner] = optimizer.answer(request).cut
            if owner == 0:
                out.append(1000 * (thread_time() - started))
            talks[owner] = [*messages, *_more(turn)]
    return out


def main(sizes: list[int]) -> None:
    """One line for each size."""
    lines = []
    for size in sizes:
        alone, beside = cost(size, 1), cost(size, 5)
        ratio = f"{alone[0] / alone[-1]:.0f}"
        lines.append([f"{size:,}", *(f"{one:.0f}" for one in (alone[0], alone[1], alone[-1], beside[-1])), ratio])
    print(table(["tokens", "first turn, ms", "second", "tenth", "tenth, beside four others", "first ÷ tenth"], lines))


def service(sizes: list[int]) -> None:
    """One line for each size: the first turns and the tenth."""
    lines = []
    for size in sizes:
        found = asyncio.run(turns(size))
        some = [found[0], found[1], found[2], found[-1]]
        lines.append(
            [
                f"{size:,}",
                *(f"{one.milliseconds:.0f} ms, {one.saved()}" for one in some),
                f"{sum(one.reply is not None for one in found)} of {len(found)}",
            ]
        )
    print(table(["tokens", "first turn", "second", "third", "tenth", "in time"], lines))


if __name__ == "__main__":
    shown = service if "service" in sys.argv[1:] else main
    shown([int(given.replace("_", "")) for given in sys.argv[1:] if given != "service"] or list(SIZES))
