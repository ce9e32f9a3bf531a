"""`make images-check`: builds the seven images and the operator's, looks into each, starts them together and sends a request.

Says what is missing and ends with 0 where neither Docker nor buildah can build: what could not be tried is not wrong.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from libs.common.contracts.status import SERVICES
from tests.fixtures.running import ROOT, Running
from tests.images.engine import BuildFailed, Engine, Image, closing, engine_here
from tests.images.index_files import build_secrets
from tests.images.look import PARTS
from tests.images.together import Started

_LOOK = (Path(__file__).parent / "look.py").read_text()
_FAILED_LINES = 15
# What auth answers the operator's command that this sends.
_NOBODY = "Nobody is registered with this e-mail address."


def main() -> int:
    """0 where every image is as it should be, or none can be built here."""
    engine = engine_here(ROOT / "var" / "images")
    if isinstance(engine, str):
        print(f"Skipped. {engine}")
        return 0
    with closing(engine), tempfile.TemporaryDirectory(prefix="images-", dir="/tmp") as home:
        try:
            images = _build_all(engine, Path(home))
        except BuildFailed as error:
            print(f"✗ {error}")
            return 1
        wrong = _look_into_all(engine, images)
        wrong += _start_all(engine, images, Path(home))
    for sentence in wrong:
        print(f"✗ {sentence}")
    print(
        "Every image builds, runs as nobody on a read-only root, and starts." if not wrong else f"{len(wrong)} wrong."
    )
    return int(bool(wrong))


def _build_all(engine: Engine, home: Path) -> dict[str, Image]:
    secrets = build_secrets(home)
    images = {}
    for name in (*SERVICES, "operator"):
        began = time.monotonic()
        own = {} if name == "operator" else {"SERVICE": name}
        dockerfile = "deploy/Dockerfile.operator" if name == "operator" else "deploy/Dockerfile"
        images[name] = engine.build(f"promptly-{name}", dockerfile, own, secrets)
        print(f"{name:<10} built in {time.monotonic() - began:.0f} s ({engine.name})", flush=True)
    return images


def _look_into_all(engine: Engine, images: Mapping[str, Image]) -> list[str]:
    """Print the table of sizes; what is wrong with an image, in sentences."""
    wrong = []
    print(f"\n{'image':<10} {'MiB':>6} {'base':>6}" + "".join(f" {part[1:]:>10}" for part in PARTS))
    for name, image in images.items():
        seen = _look(engine, image)
        rest = seen["total"] - sum(seen["parts"].values())
        row = "".join(f" {seen['parts'].get(part, 0) / 2**20:>10.1f}" for part in PARTS)
        print(f"{name:<10} {seen['total'] / 2**20:>6.0f} {rest / 2**20:>6.0f}{row}", flush=True)
        wrong += [f"{name}: {sentence}" for sentence in _faults(image, seen)]
    print("base: what the image it is made from weighs; the rest is what Promptly adds.\n")
    return wrong


def _faults(image: Image, seen: Mapping[str, Any]) -> list[str]:
    found = []
    if seen["uid"] == 0 or image.user.partition(":")[0] in ("", "0", "root"):
        found.append("it runs as root.")
    if seen["tools"]:
        found.append(f"it carries tools that build or fetch: {', '.join(seen['tools'])}.")
    if others := sorted(set(seen["writable"]) - set(image.writable)):
        found.append(f"on a read-only root it can still write to {', '.join(others)}.")
    return found


def _look(engine: Engine, image: Image) -> dict[str, Any]:
    command = engine.command(image, ["python", "-"], {}, None)
    done = subprocess.run(command, input=_LOOK, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise BuildFailed(f"{image.name} does not run Python:\n{done.stderr[-1500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _start_all(engine: Engine, images: Mapping[str, Image], home: Path) -> list[str]:
    started = Started(engine, images, home)
    wrong = []
    with started.running() as running:
        for service in SERVICES:
            said = started.wait(service)
            print(f"{service:<10} {said}", flush=True)
            if said != "ready":
                last = started.log(service).read_text(errors="replace").splitlines()[-_FAILED_LINES:]
                wrong.append("\n  ".join([f"{service} is {said}; its last lines:", *last]))
        if wrong:
            return wrong
        wrong += _ask(running)
        told = started.operator("users", "reset", "nobody@example.com")
        said = (told.stdout + told.stderr).strip()
        print(f"operator   {said}\n")
        if _NOBODY not in said:
            wrong.append("The operator's image did not reach auth over the bus.")
    return wrong


def _ask(running: Running) -> list[str]:
    """A request through all of it; what did not come back as it should."""
    wrong = []
    account = running.account()
    answer = account.client().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}])
    if not answer.choices[0].message.content:
        wrong.append("A request through the images had no answer.")
    logged = account.log(1)[0]
    wrong += [f"The request was answered without {part}." for part in logged.get("degraded") or ()]
    page = httpx.get(running.url, timeout=10)
    if "<title>" not in page.text:
        wrong.append("The gateway's image serves no dashboard.")
    print(f"request    answered, recorded, dashboard {page.status_code}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
