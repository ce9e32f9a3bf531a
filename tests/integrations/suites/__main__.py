"""`make test-sdk-suites`: the SDKs' own tests of their resources, from their source distributions, against a running Promptly.

They were written against a server that answers from the API's document. Here Promptly answers, with played providers behind it.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Account, Running, start, stop
from tests.integrations import page

HERE = Path(__file__).parent
# What each SDK's address has after Promptly's own.
_ADDRESS = {"openai": "/v1", "anthropic": ""}
SUITES: dict[str, dict[str, Any]] = tomllib.loads((HERE / "suites.toml").read_text())


@dataclass(frozen=True)
class Result:
    """How one test ended. `test` is its id below tests/api_resources, `why` what went wrong."""

    test: str
    outcome: str
    why: str

    @property
    def file(self) -> str:
        return self.test.split("::")[0]


@dataclass(frozen=True)
class Expected:
    """A failure with its reason. `tests` and `variants` are regular expressions, `why` is part of what the test says."""

    tests: str
    reason: str
    why: str
    variants: str = ".*"

    def matches(self, result: Result) -> bool:
        """Whether it speaks of this test."""
        name, _, variant = result.test.partition("[")
        return bool(re.fullmatch(self.tests, name) and re.fullmatch(self.variants, variant.removesuffix("]")))


def environment(suite: str) -> Path:
    """The suite's own environment under `.venvs`, made or renewed where its lock file is newer."""
    lock, venv = HERE / "requirements" / f"{suite}.txt", ROOT / ".venvs" / f"suite-{suite}"
    stamp = venv / "installed"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        _pip(venv, "install", "-r", str(lock))
        # The distribution's source, which has the tests, by the hash of the same line of the lock file.
        line = re.search(rf"^{suite}==.*?(?<!\\)\n", lock.read_text(), re.MULTILINE | re.DOTALL)
        assert line is not None, f"{lock} does not name {suite}"
        own = venv / "own.txt"
        own.write_text(line[0])
        _pip(venv, "download", "--no-binary", ":all:", "--no-build-isolation", "-d", str(venv), "-r", str(own))
        (archive,) = venv.glob(f"{suite}-*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(venv, filter="data")
        (venv / archive.name.removesuffix(".tar.gz")).rename(venv / "source")
        stamp.touch()
    return venv


def _pip(venv: Path, verb: str, *arguments: str) -> None:
    # The build of a source distribution's metadata looks for its tools in the environment.
    path = os.pathsep.join((str(venv / "bin"), os.environ["PATH"]))
    quiet = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    subprocess.run([str(venv / "bin" / "pip"), verb, *quiet, *arguments], env={**os.environ, "PATH": path}, check=True)


def version(suite: str) -> str:
    """The version that is locked."""
    found = re.search(rf"^{suite}==(\S+)", (HERE / "requirements" / f"{suite}.txt").read_text(), re.MULTILINE)
    return found[1] if found else "?"


def run(name: str, account: Account) -> list[Result]:
    """One run of a suite; raises `RuntimeError` where pytest itself did not get through its files."""
    about = SUITES[name]
    venv = environment(about["of"])
    results = venv / f"results-{name}.jsonl"
    results.unlink(missing_ok=True)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        "PYTHONPATH": str(HERE),
        "TEST_API_BASE_URL": f"{account.running.url}{_ADDRESS[about['of']]}",
        "SUITE_API_URL": f"{account.running.url}/v1",
        "SUITE_API_KEY": account.api_key,
        "SUITE_MODEL": about["model"],
        "SUITE_NAMES": json.dumps(about.get("names", {})),
        "SUITE_RESULTS": str(results),
    }
    done = subprocess.run(
        [
            *(str(venv / "bin" / "python"), "-m", "pytest", "-p", "recording", "-n", "0", "--quiet", "--tb=line"),
            *(f"tests/api_resources/{file}" for file in about["files"]),
        ],
        cwd=venv / "source",
        env=env,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode not in (0, 1) or not results.exists():
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return [Result(**json.loads(line)) for line in results.read_text().splitlines()]


def against(results: list[Result], expected: list[Expected]) -> list[str]:
    """What is not as the list says: unexpected failures, tests that passed in spite of it, and lines that match no test."""
    wrong, used = [], set()
    for result in results:
        match = next((one for one in expected if one.matches(result)), None)
        used.add(match)
        if result.outcome == "failed" and (match is None or match.why not in result.why):
            wrong.append(f"failed: {result.test}: {' '.join(result.why.split())[:300]}")
        elif result.outcome == "passed" and match is not None:
            wrong.append(f"passed, though expected to fail: {result.test}")
    return wrong + [f"no test is like {one.tests}" for one in expected if one not in used]


def table(name: str, results: list[Result]) -> list[str]:
    """One line a file, in Markdown: how many tests passed, failed as expected, and were skipped by the suite itself."""
    about = SUITES[name]
    title = f"{about['of']} {version(about['of'])}, {about['model']}"
    lines = [f"| {title} | passed | failed as expected | skipped by the suite |", "|---|---|---|---|"]
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counts.setdefault(result.file, Counter())[result.outcome] += 1
    counts["**all**"] = Counter(result.outcome for result in results)
    for file, count in counts.items():
        shown = file if file.startswith("*") else f"`{file}`"
        lines.append(f"| {shown} | {count['passed']} | {count['failed']} | {count['skipped']} |")
    return lines


def account_of(running: Running) -> Account:
    """An organization with a key of every provider, and a key of Promptly's whose own limit no suite reaches."""
    account = running.account()
    for provider in ("anthropic", "google"):
        account.connect(provider, f"sk-{provider}-0001", running.upstream_url)
    body = {"name": "suites", "rpm": 100_000}
    made = httpx.post(f"{running.url}/api/keys/platform", json=body, headers=account.headers, timeout=10)
    return replace(account, api_key=made.raise_for_status().json()["api_key"])


def main() -> int:
    """Every run, or those that are named; 0 where each test ended as the list says."""
    chosen, wrong, lines = sys.argv[1:] or [*SUITES], [], []
    for name in chosen:
        environment(SUITES[name]["of"])
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        limits = {f"PROMPTLY_{name}_RPM": "100000" for name in ("BESIDES", "COUNT")}
        running = start(Path(home), prepare(ROOT / "var" / "model"), **limits)
        try:
            account = account_of(running)
            for name in chosen:
                results = run(name, account)
                expected = [Expected(**one) for one in SUITES[name].get("expected", ())]
                wrong += [f"{name} {one}" for one in against(results, expected)]
                rows = table(name, results)
                print("\n".join(rows), flush=True)
                lines += [*rows, "", *_reasons(results, expected), ""]
        finally:
            stop(running.process)
    print("\n".join(wrong) or "every test ended as suites.toml says")
    if not wrong and not sys.argv[1:]:
        page.write("suites", lines)
    return 1 if wrong else 0


def _reasons(results: list[Result], expected: list[Expected]) -> list[str]:
    lines = ["| expected failures | tests | reason |", "|---|---|---|"]
    for one in expected:
        names = dict.fromkeys(
            result.test.split("[")[0].replace("Async", "") for result in results if one.matches(result)
        )
        count = sum(one.matches(result) for result in results)
        files = ", ".join(f"`{file}`" for file in dict.fromkeys(name.split("::")[0] for name in names))
        tests = ", ".join(dict.fromkeys(_method(name) for name in names))
        lines.append(f"| {files}: {tests} | {count} | {one.reason} |")
    return lines


def _method(name: str) -> str:
    return re.sub(r"^test_(method_|raw_response_|streaming_response_)?", "", name.rsplit("::", 1)[-1])


if __name__ == "__main__":
    sys.exit(main())
