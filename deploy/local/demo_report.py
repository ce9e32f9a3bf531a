"""The demo's table, and the check that makes it worth reading: every figure is counted twice, by two parties."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deploy.local.console import Console
from libs.common.money import NANO
from tests.fake_provider import meter


@dataclass(frozen=True)
class Sent:
    """One request as the client saw it: what it sent and what it was told."""

    kind: str
    body: dict[str, Any]
    metadata: dict[str, Any]
    completion_tokens: int | None
    text: str = ""

    @property
    def asked_tokens(self) -> int:
        """The prompt tokens of the body that the client sent, by the provider's counter."""
        return meter.prompt_tokens(self.body)

    @property
    def asked_nano(self) -> int:
        """What that body, with the answer that came, costs at the requested model's price."""
        model = self.body["model"]
        completion = self.completion_tokens
        if completion is None:
            completion = meter.completion_tokens(model, self.text)
        return meter.bill(model, self.asked_tokens, completion) or 0


def report(
    sent: Sequence[Sent],
    ledger: Sequence[dict[str, Any]],
    overview: dict[str, Any],
    levers: dict[str, Any],
    console: Console,
) -> bool:
    """Print the table; whether Promptly's figures are the provider's, to the nano-dollar."""
    requests, cache, tokens = overview["requests"], overview["cache"], overview["tokens"]
    say = console.say
    say()
    say(f"  {'what was asked':<24}{'requests':>9}{'hits':>7}{'tokens before':>15}{'after':>9}{'saved':>8}")
    for kind in dict.fromkeys(one.kind for one in sent):
        own = [one for one in sent if one.kind == kind]
        before = sum(one.metadata["original_tokens"] for one in own)
        after = sum(one.metadata["optimized_tokens"] for one in own)
        hits = sum(one.metadata["cache_hit"] for one in own)
        say(f"  {kind:<24}{len(own):>9}{hits:>7}{before:>15,}{after:>9,}{_share(before - after, before):>8}")
    say()
    say(f"  requests            {requests['total']}")
    say(f"  cache               {cache['exact_hits']} exact hits, {cache['semantic_hits']} semantic hits")
    say(f"  models              {_models(sent)}")
    say(f"  prompt tokens       {tokens['original']:,} before, {tokens['optimized']:,} after")
    say(f"  cost                ${overview['baseline_cost_usd']:.9f} asked, ${overview['cost_usd']:.9f} paid")
    share = _share(overview["savings_usd"], overview["baseline_cost_usd"])
    say(f"  saved               ${overview['savings_usd']:.9f} ({share})")
    for line in levers["levers"]:
        say(f"    {line['lever']:<17} ${line['savings_usd']:>12.9f}   {line['tokens_saved']:>7,} tokens")
    latency = overview["latency_ms"]
    say(f"  Promptly's overhead {latency['overhead_p50']:.1f} ms p50, {latency['overhead_p95']:.1f} ms p95")
    say()
    say("  counted by both sides            Promptly        the other side")
    return all(
        [
            _agree(
                console, "cost paid (nano-dollars)", _nano(overview["cost_usd"]), _sum(ledger, "nano_usd"), "ledger"
            ),
            _agree(
                console,
                "cost asked (nano-dollars)",
                _nano(overview["baseline_cost_usd"]),
                sum(one.asked_nano for one in sent),
                "counter",
            ),
            _agree(console, "tokens after", tokens["optimized"], _sum(ledger, "prompt_tokens"), "ledger"),
            _agree(console, "tokens before", tokens["original"], sum(one.asked_tokens for one in sent), "counter"),
            _agree(
                console, "levers' sum (nano-dollars)", _lever_sum(levers), _nano(overview["savings_usd"]), "overview"
            ),
            _agree(
                console,
                "provider calls",
                requests["total"] - requests["cached"] - requests["error"],
                len(ledger),
                "ledger",
            ),
            _agree(console, "requests without an error", requests["total"] - requests["error"], len(sent), "client"),
        ]
    )


def _agree(console: Console, what: str, ours: int, theirs: int, who: str) -> bool:
    line = f"{what:<28}{ours:>15,}{theirs:>18,}  {who}"
    (console.good if ours == theirs else console.bad)(line)
    return ours == theirs


def _nano(usd: float) -> int:
    return round(usd * NANO)


def _lever_sum(levers: dict[str, Any]) -> int:
    return sum(_nano(line["savings_usd"]) for line in levers["levers"])


def _sum(ledger: Sequence[dict[str, Any]], name: str) -> int:
    return sum(entry[name] for entry in ledger)


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _models(sent: Sequence[Sent]) -> str:
    called = Counter(one.metadata["routed_model"] for one in sent if not one.metadata["cache_hit"])
    return ", ".join(f"{model} × {count}" for model, count in called.most_common())
