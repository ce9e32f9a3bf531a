"""`make test-sdk-node`: builds and packs the SDK, installs the package into empty folders, runs tests and README there."""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.node.find import Node, find
from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, Running, start, stop

SDK = ROOT / "sdk" / "node"
# The oldest that package.json allows; the newest is the one that its lock file names.
OLDEST_OPENAI = "7.0.0"
# Enough for the tests' prompts, and too little for the long one that has to be refused.
CREDITS = "8000"


def locked(package: str) -> str:
    """The version of a package in the SDK's lock file."""
    packages = json.loads((SDK / "package-lock.json").read_text())["packages"]
    return str(packages[f"node_modules/{package}"]["version"])


def pack(node: Node, into: Path) -> Path:
    """Build and pack, as the README says it."""
    node.install(SDK)
    node.npm("pack", "--pack-destination", str(into), cwd=SDK)
    (made,) = into.glob("*.tgz")
    return made


def install(node: Node, package: Path, openai: str, folder: Path) -> None:
    """Into an empty folder, as a user does."""
    folder.mkdir()
    (folder / "package.json").write_text("{}")
    node.npm("install", str(package), f"openai@{openai}", f"@types/node@{locked('@types/node')}", cwd=folder)
    for name in ("test", "typing_tests"):
        shutil.copytree(SDK / name, folder / name)
    shutil.copy(SDK / "tsconfig.json", folder)


def examples() -> list[tuple[str, str]]:
    """The README's examples, each with the ending that its file needs."""
    blocks = re.findall(r"^```(js|cjs)\n(.*?)^```$", (SDK / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [("mjs" if kind == "js" else kind, code) for kind, code in blocks]


def use(node: Node, running: Running, folder: Path) -> bool:
    """Check the types, run the tests and the examples against a running Promptly, with an account of their own."""
    account = running.account()
    env = {
        "PROMPTLY_API_KEY": account.api_key,
        "PROMPTLY_BASE_URL": f"{running.url}/v1",
        "PROMPTLY_TEST_TOKEN": account.token,
    }
    tests = sorted(str(path.relative_to(folder)) for path in (folder / "test").rglob("*.test.mjs"))
    compiler = str(SDK / "node_modules" / "typescript" / "bin" / "tsc")
    done = [
        ("tests", node.run("--test", *tests, cwd=folder, env=env)),
        ("typing_tests", node.run(compiler, "--project", "typing_tests", cwd=folder, env=env)),
    ]
    for number, (ending, code) in enumerate(examples(), 1):
        name = f"example-{number}.{ending}"
        (folder / name).write_text(code)
        done.append((name, node.run(name, cwd=folder, env=env)))
    # The compiler says nothing where all is well; an example that says nothing showed nothing.
    failed = [
        (name, run) for name, run in done if run.returncode != 0 or (name != "typing_tests" and not run.stdout.strip())
    ]
    for name, run in failed:
        print(f"✗ {name}\n{run.stdout[-6000:]}\n{run.stderr[-3000:]}", flush=True)
    passed = re.search(r"^. pass (\d+)", done[0][1].stdout, re.MULTILINE)
    counted = f"types, {passed[1] if passed else 0} tests, {len(examples())} examples of the README"
    print(f"{counted}: {len(failed)} failed", flush=True)
    return not failed


def main() -> int:
    """0 where everything held."""
    node = find()
    print(f"TypeScript {locked('typescript')}", flush=True)
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        package = pack(node, Path(home))
        (Path(home) / "up").mkdir()
        running = start(Path(home) / "up", prepare(ROOT / "var" / "model"), PROMPTLY_TRIAL_CREDITS=CREDITS)
        try:
            good = True
            for openai in (OLDEST_OPENAI, locked("openai")):
                folder = Path(home) / f"openai-{openai}"
                install(node, package, openai, folder)
                print(f"{package.name} beside openai {openai} on Node {node.version}", flush=True)
                good &= use(node, running, folder)
        finally:
            stop(running.process)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
