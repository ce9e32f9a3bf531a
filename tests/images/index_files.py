"""How pip and npm of this machine find their indexes, as files that a build is lent and no image keeps."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Where a build finds the authority that it was lent.
_CA = "/run/secrets/ca"
_WHERE = ("index-url", "extra-index-url", "trusted-host", "proxy")


@dataclass(frozen=True)
class BuildSecret:
    """A file that steps of a build may read under its id."""

    id: str
    path: Path


def build_secrets(folder: Path) -> Sequence[BuildSecret]:
    """Write them into `folder`, which is this user's alone; none where the machine's pip and npm are told nothing."""
    pip = pip_settings(_lines(sys.executable, "-m", "pip", "config", "list"))
    npm = {name: _npm(name) for name in ("registry", "cafile", "proxy", "https-proxy")} if shutil.which("npm") else {}
    authority = next(
        (one for one in (pip.get("cert"), npm.get("cafile"), os.environ.get("SSL_CERT_FILE")) if one), None
    )
    found: list[BuildSecret] = []
    if authority is not None and Path(authority).is_file():
        found.append(BuildSecret("ca", Path(authority)))
    has_ca = bool(found)
    return [*found, *_written(folder, pip_conf(pip, has_ca=has_ca), npmrc(npm, has_ca=has_ca))]


def pip_settings(lines: Iterable[str]) -> dict[str, str]:
    """What `pip config list` prints, by name without its section; what the environment says wins, as in pip."""
    found = []
    for line in lines:
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        found.append((section == ":env:", key, str(ast.literal_eval(value))))
    return {key: value for _, key, value in sorted(found, key=lambda one: one[0])}


def pip_conf(settings: Mapping[str, str], *, has_ca: bool) -> str:
    """A pip.conf for a build: folders of this machine are left out, because no build sees them."""
    lines = [f"{name} = {' '.join(kept)}" for name in _WHERE if (kept := _remote(settings.get(name, "")))]
    if "default-timeout" in settings:
        lines.append(f"timeout = {settings['default-timeout']}")
    if has_ca:
        lines.append(f"cert = {_CA}")
    return "\n".join(["[global]", *lines, ""])


def npmrc(settings: Mapping[str, str], *, has_ca: bool) -> str:
    """The same for npm."""
    lines = [f"{name}={settings[name]}" for name in ("registry", "proxy", "https-proxy") if settings.get(name)]
    return "\n".join([*lines, *([f"cafile={_CA}"] if has_ca else []), ""])


def _remote(value: str) -> list[str]:
    return [word for word in value.split() if not word.startswith(("file:", "/", "."))]


def _written(folder: Path, pip: str, npm: str) -> Iterable[BuildSecret]:
    for name, text in (("pip.conf", pip), ("npmrc", npm)):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        yield BuildSecret(name, path)


def _npm(name: str) -> str:
    value = " ".join(_lines("npm", "config", "get", name))
    return "" if value in ("null", "undefined") else value


def _lines(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return [line for line in done.stdout.splitlines() if line.strip()]
