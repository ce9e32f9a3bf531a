"""Runs inside a peer's own environment: python peer_worker.py <peer> < jobs.jsonl > results.jsonl

A job is `{"kind": "text" | "tool", "text": …, "setting": …}`, a result `{"text": …, "ms": …}`. Nothing of ours is imported.
"""

import json
import os
import sys
import time
from collections.abc import Callable

# Peers that would look for models or vocabularies on the network work with what they carry.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HEADROOM_TELEMETRY="0")


def prompt_compressor() -> Callable[[dict[str, str]], str]:
    """Rules, at the level that the job names."""
    from prompt_compressor import compress_text  # type: ignore[import-not-found]  # noqa: PLC0415

    return lambda job: str(compress_text(job["text"], job["setting"]))


def less_tokens() -> Callable[[dict[str, str]], str]:
    """Its rules that need no download: filler phrases, contractions, abbreviations."""
    from less_tokens.compressor import compress  # type: ignore[import-not-found]  # noqa: PLC0415

    flags = {"remove_filler_phrases": 1, "apply_contractions": 1, "apply_abbreviations": 1}
    return lambda job: str(compress(job["text"], **flags))


def headroom_ai() -> Callable[[dict[str, str]], str]:
    """Its defaults; a tool's result stands behind its call, a prompt is a user turn that it may compress."""
    from headroom import compress  # type: ignore[import-not-found]  # noqa: PLC0415

    def run(job: dict[str, str]) -> str:
        if job["kind"] == "text":
            messages = [{"role": "user", "content": job["text"]}]
            return str(compress(messages, model="gpt-4o", compress_user_messages=True).messages[-1]["content"])
        call: dict[str, object] = {"id": "1", "type": "function", "function": {"name": "list", "arguments": "{}"}}
        chat: list[dict[str, object]] = [
            {"role": "user", "content": "List them."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": job["text"]},
        ]
        return str(compress(chat, model="gpt-4o").messages[-1]["content"])

    return run


PEERS = {"prompt-compressor": prompt_compressor, "less-tokens": less_tokens, "headroom-ai": headroom_ai}


def main(peer: str) -> None:
    """One result for each job; what a peer prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run = PEERS[peer]()
    for line in sys.stdin:
        job = json.loads(line)
        started = time.perf_counter()
        text = run(job)
        answers.write(json.dumps({"text": text, "ms": 1000 * (time.perf_counter() - started)}) + "\n")
    answers.close()


if __name__ == "__main__":
    main(sys.argv[1])
