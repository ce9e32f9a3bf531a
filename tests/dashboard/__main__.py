"""`make test-dashboard`: types as the API is, component tests, the build, and a browser that walks every page."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.node.dashboard import DASHBOARD, MOST_KIB, build, script_sizes
from deploy.node.find import Node, find
from libs.common.embedding.setup import prepare
from tests.dashboard.history import with_history
from tests.dashboard.outside import outside
from tests.fixtures.collector import Collector
from tests.fixtures.running import ALERTING, ROOT, start, stop

SCHEMA = DASHBOARD / "src" / "api" / "schema.d.ts"


def schema(node: Node, into: Path) -> None:
    """Write the types of the control plane's document."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "api.json"
        printed = subprocess.run(
            [sys.executable, "-m", "services.auth.http.openapi"], stdout=subprocess.PIPE, check=True
        )
        document.write_bytes(printed.stdout)
        program = DASHBOARD / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        done = node.run(str(program), str(document), "--output", str(into), cwd=DASHBOARD, env={})
        assert done.returncode == 0, done.stderr


def stale(node: Node) -> bool:
    """Whether the types in the repository are of another document than today's."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "schema.d.ts"
        schema(node, fresh)
        return fresh.read_text() != SCHEMA.read_text()


def shown(node: Node, *arguments: str, **env: str) -> int:
    """Run something whose words are the result."""
    own = {**os.environ, **node.env, **env}
    return subprocess.run([node.node, *arguments], cwd=DASHBOARD, env=own, timeout=1800).returncode


def main() -> int:
    """0 where everything held."""
    node = find()
    node.install(DASHBOARD)
    if sys.argv[1:] == ["schema"]:
        schema(node, SCHEMA)
        return 0
    if stale(node):
        print("dashboard/src/api/schema.d.ts is of another API than today's; `make dashboard-schema` writes it anew.")
        return 1
    if shown(node, "node_modules/vitest/vitest.mjs", "run") != 0:
        return 1
    print(build(node), flush=True)
    if (size := sum(script_sizes().values())) > MOST_KIB:
        print(f"The dashboard has {size:.0f} KiB of JavaScript, gzipped; at most {MOST_KIB} are allowed.")
        return 1
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home, outside() as others:
        collector = Collector()
        tracing = {"PROMPTLY_OTLP_ENDPOINT": collector.url, "PROMPTLY_TRACE_URL": f"{collector.url}/trace/{{trace_id}}"}
        running = start(Path(home), prepare(ROOT / "var" / "model"), **tracing, **ALERTING, **others.settings)
        try:
            # As it calls itself in links: a session and a cookie are of one address.
            where = {"PROMPTLY_URL": running.state["url"], "PROMPTLY_UPSTREAM_URL": running.upstream_url}
            known = {"PROMPTLY_HISTORY_TOKEN": with_history(running).token}
            return shown(node, "walk/walk.mjs", **where, **others.walk, **known, PROMPTLY_TRACES=collector.url)
        finally:
            stop(running.process)
            collector.close()


if __name__ == "__main__":
    sys.exit(main())
