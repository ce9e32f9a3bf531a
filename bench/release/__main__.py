"""`make release VERSION=0.2.0`: all of it is made beside the working tree first; only then do branch and tag move.

What comes out lies in `dist/<version>`: wheels, the chart's package, `sbom/`, `LICENCES.md`, the requirements that the server is installed
with, and `SHA256SUMS`. Nothing is uploaded.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.release import changelog, contents, version
from bench.release.changelog import Refused
from deploy.node.find import NodeError, find
from tests.fixtures.environments import environment

ROOT = Path(__file__).parents[2]
# One document for each image, and one for all of one machine.
LOCKS = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts", "operator", "local")


def main() -> int:
    """0 where the release is made; else a sentence, and nothing has changed."""
    parser = argparse.ArgumentParser(prog="make release", description="Make a release of this commit.")
    parser.add_argument("version", help="three numbers, such as 0.2.0")
    parser.add_argument(
        "--without-dashboard", action="store_true", help="leave the dashboard out, where there is no Node"
    )
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="release-") as place:
            made = release(given.version, Path(place), with_dashboard=not given.without_dashboard)
    except (Refused, NodeError) as error:
        print(f"Nothing was released. {error}", file=sys.stderr)
        return 1
    for path in sorted(made.rglob("*")):
        if path.is_file():
            print(f"{path.stat().st_size / 1024:>9.1f} KiB  {path.relative_to(ROOT)}")
    print(f"\nThe tag v{given.version} is made here and pushed nowhere: git push --follow-tags")
    return 0


def release(name: str, place: Path, *, with_dashboard: bool) -> Path:
    """Make it; the folder with what it consists of. `Refused` with a sentence, before anything has changed."""
    tag, target = f"v{name}", ROOT / "dist" / name
    _check(name, tag, target)
    output = place / "output"
    with _worktree(place / "tree") as tree:
        texts = {one: (tree / one).read_text() for one in version.PLACES}
        if version.parsed(name) < version.parsed(version.current(texts)):
            raise Refused(f"This is {version.current(texts)} already. Choose a newer version.")
        log = changelog.released((tree / "CHANGELOG.md").read_text(), name, datetime.now(UTC).date())
        for one, text in {**version.with_version(texts, name), "CHANGELOG.md": log}.items():
            (tree / one).write_text(text)
        _git("commit", "--quiet", "--all", "--message", f"Release {name}", cwd=tree)
        _build(tree, output, name, with_dashboard=with_dashboard)
        commit = _git("rev-parse", "HEAD", cwd=tree)
    target.parent.mkdir(exist_ok=True)
    shutil.copytree(output, target)
    try:
        _git("merge", "--quiet", "--ff-only", commit)
        _git(
            "tag",
            "--annotate",
            tag,
            commit,
            "--cleanup=verbatim",
            "--message",
            f"Promptly {name}\n\n{changelog.section(log, name)}",
        )
    except Refused:
        shutil.rmtree(target)
        raise
    return target


def _check(name: str, tag: str, target: Path) -> None:
    version.parsed(name)
    if _git("rev-parse", "--is-inside-work-tree") != "true":
        raise Refused("This is not a checkout with git.")
    if dirty := _git("status", "--porcelain"):
        first = dirty.splitlines()[0].split(maxsplit=1)[1]
        raise Refused(f"The working tree has changes that are not committed ({first}). Commit or stash them.")
    if _git("tag", "--list", tag):
        raise Refused(f"The tag {tag} exists already. Choose a newer version.")
    if target.exists():
        raise Refused(f"{target.relative_to(ROOT)} exists already. Remove it, or choose another version.")


@contextmanager
def _worktree(tree: Path) -> Iterator[Path]:
    """The commit in a folder of its own, so that nothing that lies about gets into a wheel."""
    _git("worktree", "add", "--quiet", "--detach", str(tree))
    try:
        yield tree
    finally:
        _git("worktree", "remove", "--force", str(tree))


def _build(tree: Path, output: Path, name: str, *, with_dashboard: bool) -> None:
    (output / "sbom").mkdir(parents=True)
    documents: dict[str, Any] = {}
    everything = contents.environment_document(ROOT / "requirements" / "release.txt")
    for lock in LOCKS:
        text = (tree / "requirements" / f"{lock}.txt").read_text()
        documents[lock] = contents.of_lock(everything, text, f"promptly-{lock}", name)
    if with_dashboard:
        documents["dashboard"] = _dashboard(tree)
    list(contents.written(documents, output / "sbom"))
    (output / "LICENCES.md").write_text(contents.licences(documents))
    # What the server's wheel is installed with: names, versions and hashes.
    shutil.copy(tree / "requirements" / "local.txt", output / "requirements.txt")
    for source in (tree, tree / "sdk" / "python"):
        _run(
            [
                sys.executable,
                "-m",
                "pip",
                "wheel",
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
                "-w",
                str(output),
                str(source),
            ]
        )
    chart = environment(ROOT / "requirements" / "chart.txt") / "bin" / "python"
    package = "import sys, helm_python; helm_python.package(sys.argv[1], destination=sys.argv[2])"
    _run([str(chart), "-c", package, str(tree / "deploy" / "helm" / "promptly"), str(output)])
    files = sorted(path for path in output.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(output)}\n" for path in files]
    (output / "SHA256SUMS").write_text("".join(sums))


def _dashboard(tree: Path) -> Any:
    """Build it into the tree, where the wheel takes it from; what it is made of, as npm says."""
    node, folder = find(), tree / "dashboard"
    node.npm("ci", cwd=folder)
    node.npm("run", "build", cwd=folder)
    options = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"]
    return json.loads(node.npm(*options, cwd=folder))


def _git(*arguments: str, cwd: Path = ROOT) -> str:
    return _run(["git", *arguments], cwd).strip()


def _run(command: list[str], cwd: Path = ROOT) -> str:
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Refused(f"`{' '.join(command[:4])} …` failed:\n{(done.stdout + done.stderr).strip()[-1500:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
