"""The table per kind: python -m tests.damage [every] [model] [kind …]

With `every`, each file stands in each placement at each level, which takes minutes; else in six of them at two levels.
A kind's name narrows it down and shows what is wrong with it. With `model`, similarity is measured with the table in var/model
instead of the tests' stand-in.
"""

import sys

from bench.report import table
from services.optimizer.app import load_similarity
from tests.damage import summary
from tests.damage.asking import Asker, asker
from tests.damage.corpus.catalogue import files
from tests.damage.table import rows


def main(arguments: list[str]) -> int:
    """Print the table; whether anything was harmed."""
    every = "every" in arguments
    kinds = [argument for argument in arguments if argument not in ("every", "model")]
    asks = Asker(load_similarity("var/model")) if "model" in arguments else asker()
    chosen = [file for file in files() if not kinds or file.kind in kinds]
    found = rows(asks, chosen, every=every)
    lines = [
        [
            kind,
            str(len(row.files)),
            str(row.checked),
            str(row.harmed),
            str(row.substance),
            f"{row.applied} of {row.edits}",
        ]
        for kind, row in found.items()
    ]
    sums = [
        sum(values)
        for values in zip(
            *((len(r.files), r.checked, r.harmed, r.substance, r.applied, r.edits) for r in found.values()), strict=True
        )
    ]
    lines.append(["all", *map(str, sums[:4]), f"{sums[4]} of {sums[5]}"])
    print(table(["kind", "files", "checked", "harmed", "in substance", "exact edits applied"], lines))
    if kinds:
        print("\n".join(example for row in found.values() for example in row.examples[:20]))
        return 1 if sums[2] else 0
    talks = summary.lines(asks)
    print(f"\n{table(summary.HEAD, talks)}")
    return 1 if sums[2] or any(cell != "0" for line in talks for cell in line[3:]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
