"""Other optimizers on the same prompts, each in an environment of its own: .venvs/peer-<name>.

`python -m venv .venvs/peer-less-tokens && .venvs/peer-less-tokens/bin/pip install less-tokens` makes one of them; its rules
alone also run after `pip install --no-deps less-tokens` and `pip install nltk tiktoken`.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench.optimizer.client import MODEL, ask, loses, sent
from bench.optimizer.data import Sets
from bench.optimizer.ledger import Ledger
from libs.common.contracts.optimizer import TextRequest
from libs.common.tokens import count_text
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer

ENVIRONMENTS = Path(".venvs")
SETTINGS = {
    "prompt-compressor": ("very-low", "low", "medium"),
    "less-tokens": ("fillers, contractions, abbreviations",),
    "headroom-ai": ("defaults",),
}
_WORKER = Path(__file__).with_name("peer_worker.py")
_SECONDS = 300


class Result(NamedTuple):
    """What became of a list of prompts: percent saved, prompts that lost something, median milliseconds."""

    saved: float
    lost: int
    ms: float


def beside(ledger: Ledger, similarity: Similarity, sets: Sets) -> None:
    """Single prompts, then a tool's JSON."""
    found = {"GSM8K": (sets.gsm8k() or [])[:200], "MT-bench": sets.mt_bench() or [], "act-as": sets.act_as() or []}
    classes = {name: texts for name, texts in found.items() if texts}
    lines = [["Promptly", "similarity ≥ 0.9"]]
    ours = {name: _ours(similarity, texts) for name, texts in classes.items()}
    lines[0] += [_shown(ours[name]) for name in classes]
    for peer, settings in SETTINGS.items():
        for setting in settings:
            results = {name: _peer(peer, setting, "text", texts) for name, texts in classes.items()}
            lines.append([peer, setting, *(_shown(result) for result in results.values())])
            for name, result in results.items():
                words = f"{name}: saved more than {peer} ({setting}), where it loses nothing,"
                if result is None:
                    ledger.unmeasurable(words)
                elif result.lost == 0:
                    ledger.least(words, ours[name].saved - result.saved, 0, "points")
    if classes:
        head = ["optimizer", "setting", *(f"{name}: saved / prompts with a loss / ms" for name in classes)]
        ledger.show("Beside peers, each on the same prompts", head, lines)
    _tool_results(ledger, similarity, sets.github())


def _tool_results(ledger: Ledger, similarity: Similarity, text: str | None) -> None:
    if text is None:
        return
    values = [str(value) for row in json.loads(text) for value in row.values() if isinstance(value, int | str)]
    message = [{"role": "tool", "tool_call_id": "1", "content": text}]
    started = perf_counter()
    after = sent(message, ask(Optimizer(similarity, cache_bytes=1_000_000), message, "moderate"))[0]["content"]
    lines = [["Promptly, moderate", *_kept(text, after, values), f"{1000 * (perf_counter() - started):.0f}"]]
    answered = _run("headroom-ai", [{"kind": "tool", "text": text, "setting": "defaults"}])
    if answered is None:
        lines.append(["headroom-ai", "not installed", "", ""])
    else:
        lines.append(["headroom-ai", *_kept(text, answered[0][0], values), f"{answered[0][1]:.0f}"])
    ledger.show("A tool's JSON", ["optimizer", "saved", "values kept", "ms"], lines)


def _kept(text: str, after: str, values: Sequence[str]) -> list[str]:
    saved = 100 * (1 - count_text(MODEL, after) / count_text(MODEL, text))
    return [f"{saved:.1f} %", f"{100 * sum(value in after for value in values) / len(values):.1f} %"]


def _ours(similarity: Similarity, texts: Sequence[str]) -> Result:
    optimizer = Optimizer(similarity, cache_bytes=1_000_000)
    after, times = [], []
    for text in texts:
        started = perf_counter()
        after.append(optimizer.shorten(TextRequest(text=text)).text)
        times.append(1000 * (perf_counter() - started))
    return _judged(texts, after, times)


def _peer(peer: str, setting: str, kind: str, texts: Sequence[str]) -> Result | None:
    answered = _run(peer, [{"kind": kind, "text": text, "setting": setting} for text in texts])
    return None if answered is None else _judged(texts, [text for text, _ in answered], [ms for _, ms in answered])


def _run(peer: str, jobs: list[dict[str, str]]) -> list[tuple[str, float]] | None:
    """The texts and milliseconds; None where the peer is not installed or does not run here."""
    python = ENVIRONMENTS / f"peer-{peer}" / "bin" / "python"
    if not python.exists():
        return None
    fed = "".join(json.dumps(job) + "\n" for job in jobs)
    ran = subprocess.run(
        [str(python), str(_WORKER), peer], input=fed, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if ran.returncode != 0:
        return None
    results = [json.loads(line) for line in ran.stdout.split("\n") if line]
    return [(result["text"], result["ms"]) for result in results]


def _judged(before: Sequence[str], after: Sequence[str], times: Sequence[float]) -> Result:
    tokens = [count_text(MODEL, text) for text in before]
    saved = [n - count_text(MODEL, text) for n, text in zip(tokens, after, strict=True)]
    lost = [loses(old, new) for old, new in zip(before, after, strict=True)]
    return Result(100 * sum(saved) / sum(tokens), sum(lost), median(times))


def _shown(result: Result | None) -> str:
    return "not installed" if result is None else f"{result.saved:.1f} % / {result.lost} / {result.ms:.1f}"
