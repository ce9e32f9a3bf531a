"""`make release` in a scratch repository made of this tree's files: what it makes, and what it refuses."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.chart.rendered import render
from tests.fixtures.environments import environment
from tests.fixtures.running import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NEXT = "99.1.0"
_GIT = {
    **{
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "R"), ("EMAIL", "r@example.com"))
    },
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def run(*command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, **_GIT, "PYTHONPATH": ""}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=240)


def git(*arguments: str, cwd: Path) -> str:
    done = run("git", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def release(version: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return run(sys.executable, "-m", "bench.release", version, "--without-dashboard", cwd=cwd)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of one commit with this tree's files, committed or not."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("This is no checkout: there is nothing to make a repository of.")
    place = tmp_path_factory.mktemp("scratch") / "promptly"
    for name in git("ls-files", "-z", "-c", "-o", "--exclude-standard", cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith("docs/images/"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(
                ROOT / name, place / name
            )  # with its time: environments are older than their lock files otherwise
    for tool in ("chart", "release"):  # made here, because an environment belongs to the place where it was made
        environment(ROOT / "requirements" / f"{tool}.txt")
    (place / ".venvs").symlink_to(ROOT / ".venvs")
    git("init", "--quiet", "--initial-branch", "main", cwd=place)
    (place / ".git" / "info" / "exclude").write_text(".venvs\n")
    git("add", "--all", cwd=place)
    git("commit", "--quiet", "--message", "Everything", cwd=place)
    return place


def state(place: Path) -> tuple[str, ...]:
    """What a refusal must not change."""
    asked = (["rev-parse", "HEAD"], ["tag", "--list"], ["worktree", "list"], ["status", "--porcelain"])
    dist = place / "dist"
    return (*(git(*one, cwd=place) for one in asked), str(sorted(dist.iterdir()) if dist.exists() else []))


@pytest.mark.parametrize("version", ["", "1", "v1.2.3", "1.2.3-rc1", "01.2.3", "../1.2.3", "1.2.3\n"])
def test_what_is_no_version_is_refused(scratch: Path, version: str) -> None:
    before = state(scratch)
    done = release(version, scratch)
    assert done.returncode == 1
    assert "Write three numbers" in done.stderr
    assert "Traceback" not in done.stderr
    assert state(scratch) == before


def test_an_older_version_is_refused(scratch: Path) -> None:
    before = state(scratch)
    done = release("0.0.1", scratch)
    assert (done.returncode, "Choose a newer version." in done.stderr) == (1, True)
    assert state(scratch) == before


@pytest.mark.parametrize("change", ["a file that is new", "a file that differs"])
def test_a_tree_with_changes_is_refused(scratch: Path, change: str) -> None:
    before = state(scratch)
    path = scratch / ("new.txt" if change == "a file that is new" else "README.md")
    original = path.read_text() if path.exists() else None
    path.write_text("changed\n")
    try:
        done = release(NEXT, scratch)
        assert done.returncode == 1
        assert f"changes that are not committed ({path.name})" in done.stderr
    finally:
        path.unlink() if original is None else path.write_text(original)
    assert state(scratch) == before


@pytest.fixture(scope="module")
def made(scratch: Path) -> Path:
    """What the release consists of."""
    done = release(NEXT, scratch)
    assert done.returncode == 0, done.stderr
    return scratch / "dist" / NEXT


def test_a_release_is_a_commit_a_tag_and_files_that_hold_what_they_say(scratch: Path, made: Path) -> None:
    names = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    (sdk,) = made.glob("promptly_sdk-*.whl")
    wheel = made / f"promptly_gateway-{NEXT}-py3-none-any.whl"
    assert names >= {
        wheel.name,
        f"promptly-{NEXT}.tgz",
        "LICENCES.md",
        "requirements.txt",
        "SHA256SUMS",
        "sbom/gateway.cdx.json",
    }

    # The commit and the tag.
    assert git("log", "-1", "--format=%s", cwd=scratch) == f"Release {NEXT}"
    assert git("rev-parse", f"v{NEXT}^{{commit}}", cwd=scratch) == git("rev-parse", "HEAD", cwd=scratch)
    assert git("status", "--porcelain", cwd=scratch) == ""
    assert git("symbolic-ref", "--short", "HEAD", cwd=scratch) == "main"
    assert len(git("worktree", "list", cwd=scratch).splitlines()) == 1
    assert f'VERSION: Final = "{NEXT}"' in (scratch / "libs" / "common" / "version.py").read_text()
    log = (scratch / "CHANGELOG.md").read_text()
    assert log.index("## [Unreleased]") < log.index(f"## [{NEXT}] - ") < log.index("### Added")
    assert "### Added" in git("tag", "--list", f"v{NEXT}", "--format=%(contents)", cwd=scratch)

    # The files.
    for line in (made / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(wheel) as packed:
        metadata = packed.read(f"promptly_gateway-{NEXT}.dist-info/METADATA").decode()
        inside = set(packed.namelist())
    assert f"\nVersion: {NEXT}\n" in metadata
    assert {"services/gateway/app.py", "libs/common/setting_names.txt", "deploy/local/__main__.py"} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "bench/", "docs/", "var/"))]
    assert sdk.stat().st_size > 1000


def test_each_image_s_parts_are_its_lock_s_with_licences(made: Path) -> None:
    folder = made / "sbom"
    for path in sorted(folder.glob("*.cdx.json")):
        document = json.loads(path.read_text())
        assert document["bomFormat"] == "CycloneDX"
        assert document["metadata"]["component"]["version"] == NEXT
        lock = (ROOT / "requirements" / path.name.replace(".cdx.json", ".txt")).read_text()
        for one in document["components"]:
            assert f"{one['name'].lower().replace('_', '-').replace('.', '-')}" in lock.lower().replace(
                "_", "-"
            ).replace(".", "-")
            assert one["purl"].startswith("pkg:pypi/")
        assert len(document["components"]) >= 10
    table = (folder.parent / "LICENCES.md").read_text()
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    unknown = [row[0] for row in rows if row[2] == "?"]
    assert len(rows) > 80
    assert len(unknown) <= len(rows) // 20, unknown


def test_a_version_that_exists_is_refused(scratch: Path, made: Path) -> None:
    before = state(scratch)
    assert f"The tag v{NEXT} exists already." in release(NEXT, scratch).stderr
    git("tag", "--delete", f"v{NEXT}", cwd=scratch)
    assert f"dist/{NEXT} exists already." in release(NEXT, scratch).stderr
    moved = made.rename(scratch.parent / "kept")
    assert f"CHANGELOG.md has a section for {NEXT} already." in release(NEXT, scratch).stderr
    assert "nothing to release" in release("99.2.0", scratch).stderr
    moved.rename(made)
    git("tag", f"v{NEXT}", cwd=scratch)
    assert state(scratch) == before


def test_the_packed_chart_is_one(made: Path) -> None:
    found, _ = render({"default": {}}, chart=made / f"promptly-{NEXT}.tgz")
    gateway = found["default"].of("Deployment")["demo-promptly-gateway"]
    image = gateway["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"promptly-gateway:{NEXT}"
