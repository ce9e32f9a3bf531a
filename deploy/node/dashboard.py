"""`make dashboard`: builds the dashboard into `dashboard/dist`, where the gateway finds it."""

import gzip
import sys
from pathlib import Path

from deploy.node.find import Node, NodeError, find, here

DASHBOARD = Path(__file__).parents[2] / "dashboard"
MOST_KIB = 340  # of JavaScript, gzipped, all pages together; `make test-dashboard` holds the dashboard to it


def build(node: Node) -> str:
    """Install what is locked, check the types, build; what the browser has to fetch."""
    node.install(DASHBOARD)
    node.npm("run", "build", cwd=DASHBOARD)
    sizes = script_sizes()
    return f"JavaScript, gzipped: {sum(sizes.values()):.0f} KiB in {len(sizes)} files"


def script_sizes() -> dict[str, float]:
    """Each script of the build by its name, in KiB as it is sent (gzip)."""
    scripts = sorted((DASHBOARD / "dist" / "assets").glob("*.js"))
    return {path.name: len(gzip.compress(path.read_bytes())) / 1024 for path in scripts}


def stale(folder: Path = DASHBOARD) -> bool:
    """Whether there is no build, or something that it is made of is newer."""
    built = folder / "dist" / "index.html"
    if not built.exists():
        return True
    made_of = [*folder.iterdir(), *(folder / "src").rglob("*"), *(folder / "public").rglob("*")]
    return any(path.is_file() and path.stat().st_mtime > built.stat().st_mtime for path in made_of)


def main(*, wherever_node_is: bool) -> None:
    """Build; for `make up` only where that needs no download of Node, and never in its way."""
    node = here() if wherever_node_is else find()
    if node is None or (wherever_node_is and not stale()):
        return
    try:
        print(f"Building the dashboard on Node {node.version} …", flush=True)
        print(f"dashboard/dist is built. {build(node)}.", flush=True)
    except NodeError as error:
        if not wherever_node_is:
            sys.exit(str(error))
        print(f"The dashboard was not built, all else goes on without it; `make dashboard` says why.\n{error}")


if __name__ == "__main__":
    main(wherever_node_is="--if-node-is-here" in sys.argv[1:])
