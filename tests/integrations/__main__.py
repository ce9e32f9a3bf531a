"""`make test-integrations`: installs each tool from its lock file and runs what its page shows against a running Promptly."""

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version as _version
from pathlib import Path
from typing import Any

from libs.common.embedding.setup import prepare
from tests.fixtures import environments
from tests.fixtures.running import ROOT, Account, start, stop, wait_for
from tests.integrations.outcome import ended, offline

HERE = Path(__file__).parent
PAGES = ROOT / "docs" / "integrations"
TOOLS = [*sorted(path.stem for path in (HERE / "requirements").glob("*.in")), "curl"]

# Two tools ask for an object; these are the calls of their tools that the provider answers with.
_PORTO = json.dumps({"name": "Porto", "country": "Portugal"})
_STEPS: dict[str, list[dict[str, Any]]] = {
    tool: [{"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": name, "arguments": _PORTO}}]}]
    for tool, name in (("instructor", "City"), ("pydanticai", "final_result"))
}


def environment(tool: str) -> Path:
    """The tool's own environment."""
    return environments.environment(HERE / "requirements" / f"{tool}.txt")


def snippet(tool: str, language: str) -> str:
    """The code in this language that the tool's page shows, block after block; empty where there is none."""
    page = (PAGES / f"{tool}.md").read_text()
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


def command(tool: str, url: str, key: str) -> tuple[list[str], str]:
    """What runs the page's code, and where its programs lie; a tool in another language brings a file that runs its own page."""
    programs = "" if tool == "curl" else str(environment(tool) / "bin")
    if (own := HERE / f"snippet_{tool}.py").exists():
        return [f"{programs}/python", str(own), url, key], programs
    if script := snippet(tool, "bash"):
        return ["bash", "-euo", "pipefail", "-c", script], programs
    return [f"{programs}/python", "-c", snippet(tool, "python")], programs


def versions(tool: str) -> str:
    """The tool's version, and that of the client that it speaks through."""
    if tool == "curl":
        return subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split(" (")[0]
    wanted = re.findall(r"^[\w-]+", (HERE / "requirements" / f"{tool}.in").read_text(), re.MULTILINE)
    locked = dict(
        re.findall(r"^([\w-]+)(?:\[.*\])?==([\w.]+)", (HERE / "requirements" / f"{tool}.txt").read_text(), re.MULTILINE)
    )
    names = dict.fromkeys([*wanted, "openai"])
    return ", ".join(f"{name} {locked[name]}" for name in names if name in locked)


def run(tool: str, account: Account) -> bool:
    """Run what one tool's page shows; whether it worked, and Promptly logged it as answered, plain and streamed."""
    running = account.running
    running.script(**{"gpt-4o": _STEPS.get(tool, [])})
    with tempfile.TemporaryDirectory(prefix="page-", dir=running.home) as home:
        run_by, programs = command(tool, running.url, account.api_key)
        env = {
            **os.environ,
            **offline(Path(home)),
            "PATH": os.pathsep.join(filter(None, (programs, os.environ["PATH"]))),
            "HOME": home,
            "PROMPTLY_API_KEY": account.api_key,
            "PROMPTLY_BASE_URL": f"{running.url}/v1",
        }
        done = ended(run_by, Path(home), env, seconds=300)
    died = f"ended with {done.returncode}\n{done.stderr.strip()[-2000:]}" if done.returncode else ""
    failure = died or _unlike_the_log(tool, account)
    said = failure or f"{versions(tool)}: {done.stdout.strip().splitlines()[0][:60]}"
    print(f"{'✗' if failure else '✓'} {tool:<12} {said}", flush=True)
    return not failure


def _unlike_the_log(tool: str, account: Account) -> str:
    """What the request log says against a tool that says that all went well."""
    if (HERE / f"snippet_{tool}.py").exists():
        return ""  # such a file checks for itself, and provokes errors
    shown = snippet(tool, "python") + snippet(tool, "bash")
    asked = 2 if "stream" in shown else 1
    entries = [entry for entry in account.log(asked) if entry["kind"] in ("chat", "responses", "embedding")]
    if failed := [entry["error_code"] for entry in entries if entry["status"] not in ("success", "cached")]:
        return f"Promptly logged {failed}"
    if asked == 2:
        wait_for(lambda: any(entry["stream"] for entry in account.log(asked)))
    return ""


def main() -> int:
    """Every tool in turn, or those that are named; 0 where all of them worked."""
    tools = sys.argv[1:] or TOOLS
    print(f"openai {_version('openai')} in our own environment; each tool brings its own", flush=True)
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            results = []
            for tool in tools:
                account = running.account()
                for provider in ("anthropic", "google"):
                    account.connect(provider, f"sk-{provider}-0001", running.upstream_url)
                results.append(run(tool, account))
        finally:
            stop(running.process)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
