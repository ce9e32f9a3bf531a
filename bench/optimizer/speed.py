"""What a request costs the optimizer, by its size, with nothing remembered and with its history remembered.

Milliseconds of one core, which other programs on the machine do not stretch.
"""

import itertools
import random
from statistics import median, quantiles
from time import thread_time

from bench.optimizer.client import MODEL, ask
from bench.optimizer.data import Messages
from bench.optimizer.ledger import Ledger
from libs.common.contracts.optimizer import TextRequest
from libs.common.tokens import count_text
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer

SIZES = (250, 1_000, 4_000, 16_000)
ROUNDS = 24


def speed(
    ledger: Ledger, similarity: Similarity, instructions: list[str] | None, conversations: list[Messages] | None
) -> None:
    """Half instructions, half conversation with tool results, at the aggressive level, which does everything."""
    if not instructions or not conversations:
        ledger.unmeasurable("added latency: p50 < 5 ms and p95 < 18 ms per 1k tokens")
        return
    lines = []
    for size in SIZES:
        cold, warm = [], []
        for round_ in range(ROUNDS):
            messages = _request(instructions, conversations, size, round_)
            optimizer = Optimizer(similarity, cache_bytes=32_000_000)
            started = thread_time()
            reply = ask(optimizer, messages, "aggressive")
            cold.append(1000 * (thread_time() - started))
            later = [*messages, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "And the next?"}]
            started = thread_time()
            ask(optimizer, later, "aggressive", keep_cut=reply.cut)
            warm.append(1000 * (thread_time() - started))
        p95, warm95 = quantiles(cold, n=20)[-1], quantiles(warm, n=20)[-1]
        lines.append([f"{size:,}", f"{median(cold):.2f} / {p95:.2f}", f"{median(warm):.2f} / {warm95:.2f}"])
        if size == 1_000:
            ledger.most("added to a request of 1k tokens, nothing remembered, p50", median(cold), 5, "ms")
            ledger.most("added to a request of 1k tokens, nothing remembered, p95", p95, 18, "ms")
            ledger.most("added to a request of 1k tokens, history remembered, p50", median(warm), 1, "ms")
    ledger.show("Added latency, ms of one core", ["tokens", "cold p50 / p95", "warm p50 / p95"], lines)
    _long_text(ledger, similarity, instructions)


def _long_text(ledger: Ledger, similarity: Similarity, instructions: list[str]) -> None:
    times = []
    for round_ in range(5):
        dice = random.Random(round_)
        words = " ".join(itertools.chain.from_iterable(dice.sample(instructions, len(instructions)) for _ in range(3)))
        text = words[:50_000]
        started = thread_time()
        Optimizer(similarity, cache_bytes=1_000_000).shorten(TextRequest(text=text))
        times.append(1000 * (thread_time() - started) / count_text(MODEL, text) * 10_000)
    ledger.most("a text of 50,000 characters by itself, per 10k tokens, p50", median(times), 100, "ms")


def _request(instructions: list[str], conversations: list[Messages], size: int, seed: int) -> Messages:
    dice = random.Random(seed)
    wanted, system = size // 2, ""
    for text in itertools.cycle(dice.sample(instructions, len(instructions))):
        sentences = text.split(". ")
        dice.shuffle(sentences)
        system += ". ".join(sentences) + "\n"
        if count_text(MODEL, system) >= wanted:
            break
    system = system[: max(1, int(len(system) * wanted / count_text(MODEL, system)))]
    messages: Messages = [{"role": "system", "content": system}]
    used = wanted
    for message in itertools.cycle(itertools.chain.from_iterable(one[1:] for one in dice.sample(conversations, 8))):
        if used >= size:
            break
        messages.append(message)
        used += count_text(MODEL, str(message.get("content") or "")) + 4
    return messages
