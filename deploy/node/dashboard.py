"""`make dashboard`: builds the dashboard into `dashboard/dist`, where the gateway finds it."""

import gzip
from pathlib import Path

from deploy.node.find import Node, find

DASHBOARD = Path(__file__).parents[2] / "dashboard"
_AFTER_A_CLICK = "SpendChart"  # the charts come when there is something to draw


def build(node: Node) -> str:
    """Install what is locked, check the types, build; what the browser has to fetch."""
    node.install(DASHBOARD)
    node.npm("run", "build", cwd=DASHBOARD)
    scripts = sorted((DASHBOARD / "dist" / "assets").glob("*.js"))
    sizes = {path.name: len(gzip.compress(path.read_bytes())) / 1024 for path in scripts}
    first = sum(size for name, size in sizes.items() if not name.startswith(_AFTER_A_CLICK))
    return (
        f"JavaScript, gzipped: {sum(sizes.values()):.0f} KiB in {len(sizes)} files, {first:.0f} KiB without the charts"
    )


if __name__ == "__main__":
    found = find()
    print(f"dashboard/dist built on Node {found.version}. {build(found)}.")
