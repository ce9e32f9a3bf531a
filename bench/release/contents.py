"""What is in a release: a CycloneDX document for each image and for the dashboard, and the list of licences made of them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from bench.release.changelog import Refused
from tests.fixtures.environments import environment

_PINNED = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)(?: ; ([^\\\n]+))?", re.MULTILINE)
# What an image is, for a lock file's markers.
_IMAGE = {
    "python_version": "3.12",
    "python_full_version": "3.12.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


def pinned(lock: str) -> dict[str, str]:
    """Name and version of what a lock file holds for an image."""
    found = _PINNED.findall(lock)
    return {name: version for name, version, marker in found if not marker or Marker(marker).evaluate(_IMAGE)}


def environment_document(lock: Path) -> dict[str, Any]:
    """All packages of the development environment, with their licences, as cyclonedx-py sees them; `lock` is that tool's."""
    tool = [str(environment(lock) / "bin" / "python"), "-m", "cyclonedx_py"]
    command = [*tool, "environment", "--output-format", "JSON", "--spec-version", "1.6", "--output-reproducible"]
    done = subprocess.run([*command, sys.executable], check=False, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Refused(f"cyclonedx-py failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_lock(everything: Mapping[str, Any], lock: str, name: str, version: str) -> dict[str, Any]:
    """The document of what one lock file names. Versions are the lock's; what is said of a package, such as its licence, is what the
    development environment's version of it says. `Refused` where that has none.
    """
    wanted = pinned(lock)
    known = {_normal(one["name"]): one for one in everything["components"]}
    if missing := sorted(wanted.keys() - known.keys()):
        raise Refused(f"The development environment lacks {', '.join(missing[:5])}. Remove .venv and try again.")
    needs = {one["ref"]: one.get("dependsOn", []) for one in everything.get("dependencies", ())}
    names = {one["bom-ref"]: _normal(one["name"]) for one in everything["components"]}
    refs = {one: f"{one}=={wanted[one]}" for one in wanted}
    edges = [
        {
            "ref": refs[one],
            "dependsOn": sorted(
                refs[names[on]] for on in needs.get(known[one]["bom-ref"], ()) if names.get(on) in refs
            ),
        }
        for one in wanted
    ]
    subject = {"type": "application", "bom-ref": name, "name": name, "version": version}
    return {
        **{key: everything[key] for key in ("bomFormat", "specVersion", "$schema") if key in everything},
        "version": 1,
        "metadata": {"component": subject},
        "components": [_component(known[one], one, wanted[one]) for one in wanted],
        "dependencies": [{"ref": name, "dependsOn": sorted(refs.values())}, *edges],
    }


def _component(known: Mapping[str, Any], name: str, version: str) -> dict[str, Any]:
    said = {key: known[key] for key in ("type", "name", "description", "licenses") if key in known}
    return {**said, "bom-ref": f"{name}=={version}", "version": version, "purl": f"pkg:pypi/{name}@{version}"}


def licences(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """A table of every package in the documents: version, licence, and which documents have it."""
    rows: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for name, document in documents.items():
        for one in document["components"]:
            group = f"{one['group']}/" if one.get("group") else ""
            key = (f"{group}{one['name']}", one.get("version", ""))
            rows.setdefault(key, (licence(one), set()))[1].add(name)
    lines = [
        f"| {package} | {version} | {said} | {', '.join(sorted(places))} |"
        for (package, version), (said, places) in sorted(rows.items())
    ]
    head = (
        "# Licences of what a release is made of\n\nMade of the CycloneDX documents beside this file. "
        "`?`: the package says none in a form that can be read.\n"
    )
    return "\n".join([head, "| package | version | licence | in |", "|---|---|---|---|", *lines, ""])


def licence(component: Mapping[str, Any]) -> str:
    """What a component says of its licence: an expression, or names."""
    said = list(dict.fromkeys(filter(None, (_licence_name(one) for one in component.get("licenses", ())))))
    # A classifier says less than an identifier that stands beside it.
    exact = [one for one in said if "::" not in one]
    return ", ".join(exact or [one.rpartition(":: ")[2] for one in said]) or "?"


def _licence_name(entry: Mapping[str, Any]) -> str:
    own = entry.get("license", {})
    name = str(entry.get("expression") or own.get("id") or own.get("name") or "")
    # Some packages have the whole text where its name belongs.
    return name.splitlines()[0][:80].replace("|", "/") if name.strip() else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def written(documents: Mapping[str, Mapping[str, Any]], folder: Path) -> Iterable[Path]:
    """Write each document into `folder`."""
    for name, document in documents.items():
        path = folder / f"{name}.cdx.json"
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        yield path
