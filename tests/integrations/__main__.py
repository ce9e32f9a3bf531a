"""`make test-integrations`: installs each tool from its lock file and runs its snippet against a running Promptly."""

import subprocess
import sys
import tempfile
from importlib.metadata import version as _version
from pathlib import Path

from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, start, stop

HERE = Path(__file__).parent
TOOLS = sorted(path.stem for path in (HERE / "requirements").glob("*.in"))


def environment(tool: str) -> Path:
    """The tool's own environment under `.venvs`, made or renewed where its lock file is newer."""
    lock = HERE / "requirements" / f"{tool}.txt"
    venv = ROOT / ".venvs" / tool
    stamp = venv / "installed"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(lock)], check=True)
        stamp.touch()
    return venv


def run(tool: str, url: str, key: str) -> bool:
    """Run one tool's snippet; whether it worked."""
    done = subprocess.run(
        [str(environment(tool) / "bin" / "python"), str(HERE / f"snippet_{tool}.py"), url, key],
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout.strip().splitlines()[0][:80] if done.returncode == 0 else done.stderr.strip()[-2000:]
    print(f"{'✓' if done.returncode == 0 else '✗'} {tool:<12} {said}", flush=True)
    return done.returncode == 0


def main() -> int:
    """Every tool in turn; 0 where all of them worked."""
    print(f"openai {_version('openai')} in our own environment; each tool brings its own", flush=True)
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            account = running.account()
            for provider in ("anthropic", "google"):
                account.connect(provider, f"sk-{provider}-0001", running.upstream_url)
            results = [run(tool, running.url, account.api_key) for tool in TOOLS]
        finally:
            stop(running.process)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
