"""What all runs of other people's clients share: an environment without a network, a process and its end, and what the log says of it."""

import gzip
import hashlib
import os
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fixtures.running import Account, wait_for

_VOCABULARIES = "https://openaipublic.blob.core.windows.net/encodings"


def offline(home: Path) -> dict[str, str]:
    """Variables with which clients find in `home` what they would fetch, and tell nobody that they run."""
    package = find_spec("bpe_openai")
    assert package is not None
    assert package.submodule_search_locations
    cache = home / "tiktoken"
    cache.mkdir(exist_ok=True)
    for name in ("cl100k_base", "o200k_base"):
        packed = Path(package.submodule_search_locations[0], "data", f"{name}.tiktoken.gz").read_bytes()
        named = hashlib.sha1(f"{_VOCABULARIES}/{name}.tiktoken".encode()).hexdigest()
        (cache / named).write_bytes(gzip.decompress(packed))
    return {
        "TIKTOKEN_CACHE_DIR": str(cache),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_AGENTS_DISABLE_TRACING": "true",
        "AIDER_CHECK_UPDATE": "false",
        "AIDER_ANALYTICS_DISABLE": "true",
    }


def ended(command: list[str], work: Path, env: dict[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a client to its end. Where that does not come, or is not waited for, all that the client started is ended with it."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=work, env=env, text=True, start_new_session=True, **pipes) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def as_logged(account: Account, expected: int, **filters: str) -> tuple[bool, str]:
    """Whether the log has so many requests that a model answered, and all went well; then how many went out as they came, what they cost,
    and what was dropped.
    """

    def rows() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = account.get("/api/requests", limit=200, **filters)["requests"]
        return found

    wait_for(lambda: len(_answered(rows())) >= expected)
    found = rows()
    wrong = sorted(
        {f"{row['status']} {row['error_code']}" for row in found if row["status"] not in ("success", "cached")}
    )
    wrong += sorted({f"no cost of {row['kind']}" for row in found if row["cost_usd"] is None})
    if wrong:
        return False, f"the log says {', '.join(wrong)}"
    answered = _answered(found)
    dropped = sorted({name for row in answered for name in row["dropped"]})
    raw = sum(row["raw"] for row in answered)
    how = "all" if raw == len(answered) else raw or "none"
    cost = sum(row["cost_usd"] for row in answered)
    said = f"{len(answered)} requests, {how} as they came, ${cost:.4f}"
    return True, said + (f", without {', '.join(dropped)}" if dropped else "")


def _answered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["status"] != "cached" and row["kind"] != "embedding"]
