"""`make chart-check`: each set of values rendered by Helm, each manifest held to three versions of Kubernetes."""

import sys
from collections import Counter

from tests.chart.rendered import SETS, VERSIONS, render, values_of


def main() -> int:
    """0 where nothing is refused."""
    found, lint = render({name: values_of(name) for name in SETS}, VERSIONS)
    print(
        f"{'values':<10} {'manifests':>9}"
        + "".join(f" {version:>10}" for version in VERSIONS)
        + "  not Kubernetes' own"
    )
    wrong = [f"lint: {sentence}" for sentence in lint]
    for name, one in found.items():
        kinds = Counter(manifest["kind"] for manifest in one.manifests)
        held = "".join(f" {'refused' if one.wrong.get(version) else 'held':>10}" for version in VERSIONS)
        print(f"{name:<10} {kinds.total():>9}{held}  {', '.join(one.unknown) or '-'}")
        wrong += [f"{name}: {one.error}"] if one.error else []
        wrong += [f"{name}, {version}: {said}" for version, all_said in one.wrong.items() for said in all_said]
    for sentence in wrong:
        print(f"✗ {sentence}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
