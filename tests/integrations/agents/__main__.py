"""`make test-agents`: coding agents, each in its own environment, against Promptly and a played model of every provider.

Each has to create a file, edit it with a tool of its own and say so, and then do what its turns name; Promptly has to have logged
every request as answered. The table says which client worked with which provider, and which of its parameters a provider was not given.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from deploy.node.find import Node, NodeError, find
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Account, Running, start, stop, wait_for
from tests.integrations import page
from tests.integrations.agents.clients import AGENTS, DONE, MODELS, Agent, Turn, picture
from tests.integrations.outcome import as_logged, ended

HERE = Path(__file__).parent


def installed(agent: Agent, node: Node) -> Path:
    """The agent's program in an environment of its own under `.venvs`, from its lock file."""
    folder = ROOT / ".venvs" / agent.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        source, target = HERE / agent.name / name, folder / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.write_bytes(source.read_bytes())
    if agent.whole_lock:
        node.install(folder)
    elif not (folder / "node_modules" / ".bin" / agent.binary).exists():
        node.npm("install", "--no-save", cwd=folder)  # what the lock file names is held to its hash, here too
    return folder / "node_modules" / ".bin" / agent.binary


def version(agent: Agent) -> str:
    """The version that is locked."""
    text = (HERE / agent.name / "package.json").read_text()
    return text.rsplit('": "', 1)[1].split('"')[0]


def run(agent: Agent, program: Path, node: Node, account: Account, provider: str) -> tuple[bool, str]:
    """One agent with one provider's model: whether it worked, and what the table says of it."""
    running, model = account.running, MODELS[provider]
    names = [*MODELS]
    another = MODELS[names[(names.index(provider) + 1) % len(names)]]
    # Where agents refuse to keep anything in /tmp.
    with tempfile.TemporaryDirectory(prefix="agent-", dir=ROOT / ".venvs") as place:
        work, home = Path(place) / "work", Path(place) / "home"
        work.mkdir()
        home.mkdir()
        picture(work)
        agent.prepare(home, running.url, model)
        path = os.pathsep.join((str(Path(node.node).parent), os.environ.get("PATH", "/usr/bin:/bin")))
        env = {"HOME": str(home), "PATH": path, **agent.environment(running.url, account.api_key)}
        expected = 0
        for turn in (Turn("the file", agent.command, agent.steps, says=DONE), *agent.turns):
            wrong = _turn(running, turn, [program], another if turn.switched else model, work, env)
            file = work / "hello.txt"
            said = file.read_text().strip() if file.exists() else "(no file)"
            if not wrong and said != "Hello world":
                wrong = f"the file says {said!r}"
            if wrong:
                return False, f"{turn.name}: {wrong}"
            expected += len(turn.steps(work))
    worked, said = as_logged(account, expected, kind=agent.kind)
    return worked, said + "".join(f"; {turn.name}" for turn in agent.turns)


def _turn(running: Running, turn: Turn, program: list[Path], model: str, work: Path, env: dict[str, str]) -> str:
    """Have the model play a turn; what went wrong."""
    running.unscript()
    running.script(**{model: turn.steps(work)})
    before, lines = len(running.ledger()), running.log.count(turn.logged)
    try:
        done = ended([*map(str, program), *turn.command(model)], work, env, seconds=180)
    except subprocess.TimeoutExpired:
        return "took longer than three minutes"
    if done.returncode != 0 or turn.says not in done.stdout:
        return f"ended with {done.returncode}; {(done.stderr or done.stdout)[-400:]}"
    sent = json.dumps([entry.get("body") for entry in running.ledger()[before:]], sort_keys=True, ensure_ascii=False)
    if turn.carries not in sent:
        return f"{turn.carries!r} did not reach the provider"
    if turn.logged:
        wait_for(lambda: running.log.count(turn.logged) > lines)
    return ""


def table(running: Running, chosen: list[str], lines: list[str]) -> int:
    """Every agent with every provider; how many did not work. `lines` gets the rows."""
    node, failed = find(), 0
    httpx.post(f"{running.upstream_url}/_control/record", json={"bodies": True}, timeout=10).raise_for_status()
    for agent in AGENTS:
        if chosen and agent.name not in chosen:
            continue
        try:
            program = installed(agent, node)
        except NodeError as error:
            print(f"✗ {agent.name} {version(agent)} cannot be installed here: {str(error)[-300:]}", flush=True)
            failed += 1
            continue
        for provider in MODELS:
            account = running.account()
            for other in ("anthropic", "google"):
                account.connect(other, f"sk-{other}-0001", running.upstream_url)
            worked, said = run(agent, program, node, account, provider)
            failed += not worked
            mark = "✓" if worked else "✗"
            print(f"{mark} {agent.name + ' ' + version(agent):<22}{provider:<11}{said}", flush=True)
            lines.append(f"| {agent.name} {version(agent)} | {MODELS[provider]} | {said} |")
    return failed


def main() -> int:
    """0 where all of them worked."""
    lines = ["| agent | model | created and edited a file, ran a tool loop; beside that |", "|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            failed = table(running, sys.argv[1:], lines)
        finally:
            stop(running.process)
    print("every agent worked with every provider" if not failed else f"{failed} did not work")
    if not failed and not sys.argv[1:]:
        page.write("agents", lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
