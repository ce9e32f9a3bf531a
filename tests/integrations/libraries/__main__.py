"""The part of `make test-integrations` that uses libraries as people do, against a played model of every provider.

Each library has a script of scenarios: a plain call, a stream, a tool loop, structured output, embeddings, a conversation, an unknown
model. The provider refuses what the real ones refuse, and Promptly has to have logged every request as answered, at a known cost. The
table says which library worked with which provider, and which of its parameters a provider was not given.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from deploy.node.find import find
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Account, Running, start, stop
from tests.integrations import page
from tests.integrations.__main__ import HERE, environment
from tests.integrations.agents.clients import MODELS
from tests.integrations.libraries.clients import EMBEDDINGS, LIBRARIES, Library
from tests.integrations.outcome import as_logged, ended, offline

SCENARIOS = Path(__file__).parent / "scenarios"


def version(library: Library) -> str:
    """The version that is locked."""
    if library.node:
        locked = json.loads((HERE / "node" / library.environment / "package-lock.json").read_text())
        return str(locked["packages"][f"node_modules/{library.name}"]["version"])
    lock = (HERE / "requirements" / f"{library.environment}.txt").read_text()
    found = re.search(rf"^{library.name}(?:\[.*\])?==(\S+)", lock, re.MULTILINE)
    return found[1] if found else "?"


def installed(library: Library) -> tuple[list[str], dict[str, str]]:
    """What runs the library's script, from its lock file, and the variables that this takes."""
    if not library.node:
        return [str(environment(library.environment) / "bin" / "python"), str(SCENARIOS / library.script)], {}
    node, folder = find(), ROOT / ".venvs" / library.environment
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        source, target = HERE / "node" / library.environment / name, folder / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
    node.install(folder)
    for script in SCENARIOS.glob("*.mjs"):  # Node looks for packages from where a script lies
        shutil.copy(script, folder)
    return [node.node, str(folder / library.script)], node.env


def account_of(running: Running) -> Account:
    """An organization with a key of every provider. The router leaves each request with the model that it names."""
    account = running.account()
    for provider in ("anthropic", "google"):
        account.connect(provider, f"sk-{provider}-0001", running.upstream_url)
    account.put("/api/routing/config", routing_mode="manual")
    return account


def run(library: Library, api: str, provider: str, running: Running, home: Path) -> tuple[bool, list[str], str]:
    """One library with one provider's model: whether it worked, its scenarios, and what the log says or what went wrong."""
    account, before = account_of(running), _answers(running)
    command, own = installed(library)
    played = {"MODEL": MODELS[provider], "API": api, "EMBEDDINGS": EMBEDDINGS[provider]}
    played |= {"URL": f"{running.url}/v1", "KEY": account.api_key, "UPSTREAM": running.upstream_url}
    env = {
        **os.environ,
        **own,
        **offline(home),
        **{f"PLAYED_{name}": value for name, value in played.items()},
        # Where clients look by themselves.
        "OPENAI_BASE_URL": f"{running.url}/v1",
        "OPENAI_API_KEY": account.api_key,
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = ended(command, home, env, seconds=300)
    except subprocess.TimeoutExpired:
        return False, [], "took longer than five minutes"
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"scenario"')]
    wrong = [f"{one['scenario']}: {one['wrong']}" for one in results if one["wrong"] is not None]
    if wrong or done.returncode != 0 or not results:
        return False, [], "\n".join(wrong) or f"ended with {done.returncode}: {done.stderr[-2000:]}"
    worked, said = as_logged(account, _answers(running) - before)
    return worked, [one["scenario"] for one in results], said


def _answers(running: Running) -> int:
    """How many requests reached a model; what a cache holds depends on the moment, so vectors are not counted."""
    return sum(entry.get("kind") != "side" for entry in running.ledger())


def table(running: Running, chosen: list[str], home: Path) -> tuple[list[str], int]:
    """The rows of every library with every provider, and how many did not work."""
    lines, failed = [], 0
    for library in LIBRARIES:
        if chosen and library.name not in chosen:
            continue
        for api in library.apis:
            for provider, model in MODELS.items():
                worked, scenarios, said = run(library, api, provider, running, home)
                failed += not worked
                named = f"{library.name} {version(library)}"
                print(f"{'✓' if worked else '✗'} {named:<26}{api:<11}{provider:<11}{said}", flush=True)
                lines.append(f"| {named} | {api} | {model} | {', '.join(scenarios)} | {said} |")
    return lines, failed


def main() -> int:
    """0 where all of them worked."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as place:
        home = Path(place) / "home"
        home.mkdir()
        running = start(Path(place), prepare(ROOT / "var" / "model"))
        try:
            httpx.post(f"{running.upstream_url}/_control/strict", json={"on": True}, timeout=10).raise_for_status()
            lines, failed = table(running, sys.argv[1:], home)
        finally:
            stop(running.process)
    print("every library worked with every provider" if not failed else f"{failed} did not work")
    if not failed and not sys.argv[1:]:
        page.write("libraries", ["| library | API | model | worked | requests |", "|---|---|---|---|---|", *lines])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
