"""`make test-sdk-python`: the wheel is built, installed where nothing else is, and runs its README against a running Promptly."""

import os
import sys
import tempfile
from pathlib import Path

from libs.common.embedding.setup import prepare
from tests.fixtures.running import ROOT, start, stop
from tests.sdk_python.wheel import check


def main() -> int:
    """0 where everything works; else what does not is raised."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"))
        try:
            work = Path(home) / "sdk"
            work.mkdir()
            key = running.account().api_key
            check(work, {**os.environ, "PROMPTLY_API_KEY": key, "PROMPTLY_BASE_URL": f"{running.url}/v1"})
        finally:
            stop(running.process)
    return 0


if __name__ == "__main__":
    sys.exit(main())
