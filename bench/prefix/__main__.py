"""`make bench-prefix`: input bills under Anthropic's rules, without breakpoints, with a client's own, and with ours; and under OpenAI's,
without a key, with the session for one, and with ours.

The provider is the played one (`tests/fake_provider/prefix_cache.py`, `openai_cache.py`), prices are its own list, time is counted and
not waited for. The decisions, marks and keys are the gateway's own code.
"""

import sys
from collections.abc import Iterator, Sequence

from bench.optimizer.data import DATA, Sets
from bench.optimizer.ledger import Ledger
from bench.prefix import both, openai
from bench.prefix.played import Played, bill_of
from bench.prefix.traffic import MODEL, Traffic, agents, own_marks, single, without_marks
from tests.fake_provider.meter import Usage
from tests.fake_provider.prefix_cache import PrefixCache

_HEAD = "traffic,conversations,calls,input bill,with ours,saved,if always marked,dearer,worst".split(",")
_OPENAI_HEAD = (
    "traffic,model,calls a minute,uncached,no key,session as key,ours,session saves,ours saves,dearer,worst".split(",")
)
_MOST_DEARER = 1.0  # % of conversations
_WORST = 3.0  # % of a conversation's input bill
_GOAL = 60.0  # % of agents' input bill


def run(traffic: Traffic) -> tuple[list[int], list[int], int]:
    """The input bills of each conversation without and with ours; and in all with marks on everything in each call."""
    ours, everything = Played(), Played()
    plain: list[int] = []
    marked: list[int] = []
    most = 0
    for conversation in traffic.conversations:
        bare = with_ours = 0
        for at, body in enumerate(conversation):
            step = traffic.turn if at else traffic.pause
            ours.now += step
            everything.now += step
            used = everything.provider.used("account", MODEL, {**body, "cache_control": {"type": "ephemeral"}})
            most += bill_of(used)
            bare += bill_of(Usage(uncached_input=used.prompt))
            with_ours += bill_of(ours.used(body))
        plain.append(bare)
        marked.append(with_ours)
    return plain, marked, most


def recorded() -> Iterator[tuple[str, float, float]]:
    """What a client's own breakpoints save of its bill, and what ours save where they are taken off, both in percent."""
    for name, own in own_marks():
        provider, ours = PrefixCache(lambda: 0.0), Played()
        bare = sum(bill_of(Usage(uncached_input=provider.used("b", MODEL, body).prompt)) for body in own)
        marked = sum(bill_of(provider.used("a", MODEL, body)) for body in own)
        made = sum(bill_of(ours.used(without_marks(body))) for body in own)
        yield name, 100 * (1 - marked / bare), 100 * (1 - made / bare)


def show(ledger: Ledger, title: str, traffics: Sequence[Traffic], *, agent: bool) -> None:
    """A table of traffic, and what is held against the goals."""
    lines = []
    for traffic in traffics:
        plain, marked, most = run(traffic)
        pairs = list(zip(plain, marked, strict=True))
        dearer = 100 * sum(after > before for before, after in pairs) / len(pairs)
        worst = max(100 * (after / before - 1) for before, after in pairs)
        saved = 100 * (1 - sum(marked) / sum(plain))
        always = 100 * (1 - most / sum(plain))
        lines.append(
            [
                traffic.name,
                str(len(pairs)),
                str(sum(map(len, traffic.conversations))),
                f"${sum(plain) / 1e9:.3f}",
                f"${sum(marked) / 1e9:.3f}",
                f"{saved:.1f} %",
                f"{always:.1f} %",
                f"{dearer:.1f} %",
                f"{worst:+.1f} %",
            ]
        )
        if agent:
            ledger.least(f"{traffic.name}: input saved", saved, _GOAL)
            ledger.most(f"{traffic.name}: conversations dearer", dearer, _MOST_DEARER, "%")
            ledger.most(f"{traffic.name}: the worst", worst, _WORST, "%")
        else:
            ledger.most(f"{traffic.name}: all of it dearer by", -saved, 0.5, "%")
    ledger.show(title, _HEAD, lines)


def main() -> int:
    """Print the tables and the goals."""
    ledger = Ledger()
    sets = Sets(DATA)
    found = list(agents(sets))
    if not found:
        ledger.unmeasurable("agents' conversations: no data at hand")
    show(ledger, "Agents", found, agent=True)
    for name, own, ours in recorded():
        ledger.least(f"{name}: input saved, of what its own marks save", 100 * ours / own, 95)
    airline = sets.airline()
    if airline is not None and both.MODEL_DIR.exists():
        lines = [line for turn in (20, 600) for line in both.bills(airline, turn)]
        ledger.show("tau airline with the optimizer", ["levers", "between turns", "input bill", "saved"], lines)
    words = "tide harbour ledger bridge copper lantern orchard kettle winter signal".split()
    show(ledger, "Single calls, which gain little", list(single(words)), agent=False)
    rows = openai.lines(sets, words)
    ledger.show("OpenAI, against no key", _OPENAI_HEAD, [openai.columns(row) for row in rows])
    for row in rows:
        dearer = 100 * (sum(row.ours) / sum(row.none) - 1)
        ledger.most(f"{row.name}, {row.model}, {row.rate} a minute: dearer by", dearer, 0.0, "%")
    return 0 if ledger.close() else 1


if __name__ == "__main__":
    sys.exit(main())
