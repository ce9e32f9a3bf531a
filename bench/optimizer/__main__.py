"""What the optimizer saves, keeps and costs: python -m bench.optimizer [folder of the data]

Prints tables per class of traffic, peers where they are installed, and at the end each goal with its figure. Exits
non-zero where a goal that could be measured was missed.
"""

import sys
from pathlib import Path

from bench.optimizer import conversations, documents, mix, peers, prompts, similarity, speed, twice, two_hops
from bench.optimizer.data import DATA, Sets
from bench.optimizer.ledger import Ledger
from services.optimizer.app import load_likeness

MODEL_DIR = Path("var/model")


def main(folder: Path) -> int:
    """Every part whose data is in the folder."""
    sets, ledger, likeness = Sets(folder), Ledger(), load_likeness(str(MODEL_DIR))
    airline, agents = sets.airline(), sets.agents()
    conversations.airline(ledger, likeness, airline)
    conversations.agents(ledger, likeness, agents)
    mix.mix(ledger, likeness)
    prompts.tool_result(ledger, likeness, sets.github())
    prompts.single(ledger, likeness, sets)
    documents.extraction(ledger, likeness, sets.questions(650, 600))
    two_hops.two_hops(ledger, likeness, two_hops.passages_of(sets))
    texts = [*(sets.gsm8k() or ())[:150], *(sets.mt_bench() or ()), *(sets.act_as() or ())]
    similarity.similarity(ledger, likeness, MODEL_DIR, texts)
    similarity.polarity(ledger)
    twice.idempotence(ledger, likeness, [*(airline or ()), *agents])
    speed.speed(ledger, likeness, sets.act_as(), airline)
    peers.beside(ledger, likeness, sets)
    return 0 if ledger.close() else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))
