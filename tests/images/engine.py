"""What builds and runs images: Docker where its engine answers, else buildah, which needs root and no engine."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.fixtures.running import ROOT
from tests.images.base import make_bases
from tests.images.index_files import BuildSecret

_BUILD_SECONDS = 1800
# Makes the root of an image read-only, gives it what the kernel gives a container, and becomes the command. Arguments: root, user,
# a file to bind (or "-") and where, the directories to write in, "--", the command.
_ENTER = r"""
set -eu
root=$1 user=$2 file=$3 place=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
if [ "$file" != - ]; then mkdir -p "$root$(dirname "$place")"; : > "$root$place"; mount --bind "$file" "$root$place"; fi
while [ "$1" != -- ]; do mount -t tmpfs -o "uid=${user%%:*},mode=1777" tmpfs "$root$1"; shift; done
shift
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"""


class BuildFailed(Exception):
    """An image was not built; the message ends with the builder's last lines."""


@dataclass(frozen=True)
class Image:
    """A built image: who it runs as, and what it runs."""

    name: str
    user: str
    command: Sequence[str]
    env: Mapping[str, str]
    volumes: Sequence[str]

    @property
    def writable(self) -> Sequence[str]:
        """Where it may write; everything else of its root is read-only."""
        return ("/tmp", *self.volumes)


class Engine(Protocol):
    """Builds an image from a file of `deploy` and runs it on the machine's own network."""

    name: str

    def build(self, name: str, dockerfile: str, arguments: Mapping[str, str], secrets: Sequence[BuildSecret]) -> Image:
        """Raises `BuildFailed`."""
        ...

    def command(self, image: Image, argv: Sequence[str], env: Mapping[str, str], socket: Path | None) -> Sequence[str]:
        """The command line that runs `argv` in the image in the foreground. `socket` appears as `SOCKET_PLACE`."""
        ...


SOCKET_PLACE = "/run/postgres/.s.PGSQL.5432"


def engine_here(work: Path) -> "Engine | str":
    """The engine of this machine, or a sentence that says what is missing."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0:
        return Docker()
    missing = [one for one in ("buildah", "debootstrap", "unshare", "setpriv") if shutil.which(one) is None]
    if not missing and os.geteuid() == 0:
        return Buildah(work)
    instead = f"{', '.join(missing)} is missing" if missing else "buildah's way needs root"
    return (
        f"Images cannot be built here: no Docker engine answers, and {instead}. "
        "Start Docker, or as root on Debian: apt install --no-install-recommends buildah debootstrap"
    )


def last_lines(done: "subprocess.CompletedProcess[str]", count: int = 25) -> str:
    """The end of what a command wrote."""
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-count:])


class Docker:
    """Docker's own engine, with BuildKit."""

    name = "docker"

    def build(self, name: str, dockerfile: str, arguments: Mapping[str, str], secrets: Sequence[BuildSecret]) -> Image:
        given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        hidden = [word for one in secrets for word in ("--secret", f"id={one.id},src={one.path}")]
        command = ["docker", "build", *given, *hidden, "-t", name, "-f", dockerfile, "."]
        env = {**os.environ, "DOCKER_BUILDKIT": "1"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=_BUILD_SECONDS)
        if done.returncode != 0:
            raise BuildFailed(last_lines(done))
        found = subprocess.run(["docker", "image", "inspect", name], capture_output=True, text=True, check=True)
        return _image(name, json.loads(found.stdout)[0]["Config"])

    def command(self, image: Image, argv: Sequence[str], env: Mapping[str, str], socket: Path | None) -> Sequence[str]:
        given = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
        writable = [word for place in image.writable for word in ("--tmpfs", f"{place}:mode=1777")]
        bound = ["--volume", f"{socket}:{SOCKET_PLACE}"] if socket is not None else []
        safe = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        run = ["docker", "run", "--rm", "--interactive", "--init", "--network", "host", *safe]
        return [*run, *writable, *bound, *given, "--entrypoint", argv[0], image.name, *argv[1:]]


@dataclass
class Buildah:
    """Debian's buildah without an engine and without a registry: bases from debootstrap, steps in a chroot."""

    work: Path
    name: str = "buildah"
    _roots: dict[str, str] = field(default_factory=dict)
    _bases: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        self._driver = "overlay" if _overlay_works(self.work) else "vfs"
        self.name = f"buildah, {self._driver}"

    def build(self, name: str, dockerfile: str, arguments: Mapping[str, str], secrets: Sequence[BuildSecret]) -> Image:
        self._bases = self._bases or make_bases(self.run, self.work)
        given = [
            word for key, value in {**self._bases, **arguments}.items() for word in ("--build-arg", f"{key}={value}")
        ]
        hidden = [word for one in secrets for word in ("--secret", f"id={one.id},src={one.path}")]
        # Layers save the steps that images share; without overlay each would be a copy of all that is below it.
        layers = f"--layers={'true' if self._driver == 'overlay' else 'false'}"
        how = ["--isolation", "chroot", "--pull-never", "--format", "docker", layers]
        self.run("build", *how, *given, *hidden, "-t", name, "-f", dockerfile, str(ROOT))
        found = json.loads(self.run("inspect", "--type", "image", name))
        return _image(name, found["Docker"]["config"])

    def command(self, image: Image, argv: Sequence[str], env: Mapping[str, str], socket: Path | None) -> Sequence[str]:
        if image.name not in self._roots:
            container = self.run("from", "--pull-never", image.name).strip()
            self._roots[image.name] = self.run("mount", container).strip()
        given = [f"{key}={value}" for key, value in {**image.env, **env}.items()]
        inside = ["/usr/bin/env", "-i", "-C", "/app", *given, *argv]
        bound = [str(socket), SOCKET_PLACE] if socket is not None else ["-", "-"]
        enter = ["unshare", "--mount", "sh", "-c", _ENTER, "enter", self._roots[image.name], image.user, *bound]
        return [*enter, *image.writable, "--", *inside]

    def run(self, *arguments: str) -> str:
        """Run buildah on storage of its own; what it prints."""
        places = ["--root", str(self.work / "storage"), "--runroot", str(self.work / "run")]
        command = ["buildah", "--storage-driver", self._driver, *places, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_SECONDS)
        if done.returncode != 0:
            raise BuildFailed(f"buildah {arguments[0]} failed:\n{last_lines(done)}")
        return done.stdout

    def close(self) -> None:
        """Unmount and forget the containers; images and layers stay for the next time."""
        self.run("rm", "--all")


@contextmanager
def closing(engine: Engine) -> Iterator[Engine]:
    """The engine, and what it mounted taken down afterwards."""
    try:
        yield engine
    finally:
        if isinstance(engine, Buildah):
            engine.close()


def _image(name: str, config: Mapping[str, object]) -> Image:
    env = dict(str(one).split("=", 1) for one in _words(config.get("Env")))
    command = [*_words(config.get("Entrypoint")), *_words(config.get("Cmd"))]
    volumes = config.get("Volumes")
    return Image(
        name, str(config.get("User") or "root"), command, env, list(volumes) if isinstance(volumes, dict) else []
    )


def _words(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _overlay_works(work: Path) -> bool:
    """Whether the kernel lets one file system lie over another here."""
    place = work / f"overlay-{time.monotonic_ns()}"
    parts = {name: place / name for name in ("lower", "upper", "work", "merged")}
    for part in parts.values():
        part.mkdir(parents=True)
    options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
    mounted = ["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])]
    try:
        return subprocess.run(["unshare", "--mount", *mounted], capture_output=True).returncode == 0
    finally:
        shutil.rmtree(place)
