"""What the optimizer saves, keeps and costs: python -m bench.optimizer [folder of the data]

Prints tables per class of traffic, peers where they are installed, and at the end each goal with its figure. Exits
non-zero where a goal that could be measured was missed.
"""

import sys
from pathlib import Path

from bench.optimizer import conversations, documents, mix, peers, prompts, speed, true_similarity, twice, two_hops
from bench.optimizer.data import DATA, Sets
from bench.optimizer.ledger import Ledger
from services.optimizer.app import load_similarity

MODEL_DIR = Path("var/model")


def main(folder: Path) -> int:
    """Every part whose data is in the folder."""
    sets, ledger, similarity = Sets(folder), Ledger(), load_similarity(str(MODEL_DIR))
    airline, agents = sets.airline(), sets.agents()
    conversations.airline(ledger, similarity, airline)
    conversations.agents(ledger, similarity, agents)
    mix.mix(ledger, similarity)
    prompts.tool_result(ledger, similarity, sets.github())
    prompts.single(ledger, similarity, sets)
    documents.extraction(ledger, similarity, sets.questions(650, 600))
    two_hops.two_hops(ledger, similarity, two_hops.passages_of(sets))
    texts = [*(sets.gsm8k() or ())[:150], *(sets.mt_bench() or ()), *(sets.act_as() or ())]
    true_similarity.similarity(ledger, similarity, MODEL_DIR, texts)
    true_similarity.polarity(ledger)
    twice.idempotence(ledger, similarity, [*(airline or ()), *agents])
    speed.speed(ledger, similarity, sets.act_as(), airline)
    peers.beside(ledger, similarity, sets)
    return 0 if ledger.close() else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))
