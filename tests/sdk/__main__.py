"""`make test-sdk`: each SDK is built, installed where nothing else is, and runs its README against a running Promptly."""

import importlib
import os
import sys
import tempfile
from pathlib import Path

from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, start, stop

SDKS = ("python", "node")


def main() -> int:
    """Every SDK that is here; 0 where all of them work."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            for sdk in SDKS:
                if not (ROOT / "sdk" / sdk).exists():
                    print(f"– sdk/{sdk} is not here, and is skipped", flush=True)
                    continue
                work = Path(home) / "sdk" / sdk
                work.mkdir(parents=True)
                key = running.account().api_key
                env = {**os.environ, "PROMPTLY_API_KEY": key, "PROMPTLY_BASE_URL": f"{running.url}/v1"}
                try:
                    # tests/sdk/<sdk>.py: check(work, env) raises where something does not work.
                    importlib.import_module(f"tests.sdk.{sdk}").check(work, env)
                except Exception as error:  # one SDK's failure does not hide the other's
                    failed.append(sdk)
                    print(f"✗ {sdk}: {error}", flush=True)
        finally:
            stop(running.process)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
