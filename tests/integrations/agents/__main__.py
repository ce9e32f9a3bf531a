"""`make test-agents`: coding agents, each in its own environment, against Promptly and a played model of every provider.

Each has to create a file, edit it with a tool of its own and say so; Promptly has to have logged every request as answered. The
table says which client worked with which provider, and which of its parameters a provider was not given.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.node.find import Node, find
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Account, Running, start, stop, wait_for
from tests.integrations.agents.clients import AGENTS, DONE, Agent

HERE = Path(__file__).parent
# Models that the catalogue and the played providers know, and that the Gemini CLI takes as they are.
MODELS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-terra", "google": "gemini-3.8-flash"}


def installed(agent: Agent, node: Node) -> Path:
    """The agent's program in an environment of its own under `.venvs`, from its lock file."""
    folder = ROOT / ".venvs" / agent.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        source, target = HERE / agent.name / name, folder / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.write_bytes(source.read_bytes())
    node.install(folder)
    return folder / "node_modules" / ".bin" / agent.binary


def version(agent: Agent) -> str:
    """The version that is locked."""
    text = (HERE / agent.name / "package.json").read_text()
    return text.rsplit('": "', 1)[1].split('"')[0]


def run(agent: Agent, program: Path, node: Node, account: Account, provider: str) -> tuple[bool, str]:
    """One agent with one provider's model: whether it worked, and what the table says of it."""
    running, model = account.running, MODELS[provider]
    # Where agents refuse to keep anything in /tmp.
    with tempfile.TemporaryDirectory(prefix="agent-", dir=ROOT / ".venvs") as place:
        work, home = Path(place) / "work", Path(place) / "home"
        work.mkdir()
        home.mkdir()
        agent.prepare(home, running.url, model)
        running.unscript()
        running.script(**{model: agent.steps(work)})
        path = os.pathsep.join((str(Path(node.node).parent), os.environ.get("PATH", "/usr/bin:/bin")))
        env = {"HOME": str(home), "PATH": path, **agent.environment(running.url, account.api_key)}
        try:
            done = subprocess.run(
                [str(program), *agent.command(model)],
                cwd=work,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=180,
            )
        except subprocess.TimeoutExpired:
            return False, "took longer than three minutes"
        file = work / "hello.txt"
        said = file.read_text().strip() if file.exists() else "(no file)"
    if done.returncode != 0 or said != "Hello world" or DONE not in done.stdout:
        return False, f"ended with {done.returncode}; the file says {said!r}; {(done.stderr or done.stdout)[-400:]}"
    return _as_logged(agent, account, len(agent.steps(work)))


def _as_logged(agent: Agent, account: Account, expected: int) -> tuple[bool, str]:
    wait_for(lambda: len(account.get("/api/requests", limit=200, kind=agent.kind)["requests"]) >= expected)
    rows = account.get("/api/requests", limit=200, kind=agent.kind)["requests"]
    wrong = sorted(
        {f"{row['status']} {row['error_code']}" for row in rows if row["status"] not in ("success", "cached")}
    )
    if wrong:
        return False, f"the log says {', '.join(wrong)}"
    dropped = sorted({name for row in rows for name in row["dropped"]})
    how = "as it came" if all(row["raw"] for row in rows) else "translated"
    cost = sum(row["cost_usd"] or 0 for row in rows)
    return True, f"{len(rows)} requests {how}, ${cost:.4f}" + (f", without {', '.join(dropped)}" if dropped else "")


def table(running: Running, chosen: list[str]) -> int:
    """Every agent with every provider; how many did not work."""
    node, failed = find(), 0
    for agent in AGENTS:
        if chosen and agent.name not in chosen:
            continue
        program = installed(agent, node)
        for provider in MODELS:
            account = running.account()
            for other in ("anthropic", "google"):
                account.connect(other, f"sk-{other}-0001", running.upstream_url)
            worked, said = run(agent, program, node, account, provider)
            failed += not worked
            mark = "✓" if worked else "✗"
            print(f"{mark} {agent.name + ' ' + version(agent):<22}{provider:<11}{said}", flush=True)
    return failed


def main() -> int:
    """0 where all of them worked."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            failed = table(running, sys.argv[1:])
        finally:
            stop(running.process)
    print("every agent worked with every provider" if not failed else f"{failed} did not work")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
