"""What the scenarios of all clients share. It runs in each client's own environment, so it takes the standard library alone.

A scenario is a function: it tells the played model what to answer, does with the client what somebody does who has read its guide, and
checks what came out. `run` runs them in turn and prints one line of JSON for each: its name, and what went wrong (null: nothing).

The environment says: `PLAYED_URL` (Promptly, with /v1), `PLAYED_KEY`, `PLAYED_MODEL`, `PLAYED_API` (responses or chat),
`PLAYED_EMBEDDINGS` (a model for vectors; empty where the provider has none) and `PLAYED_UPSTREAM`, the address of the provider that plays.
"""

import asyncio
import inspect
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any
from urllib.request import Request, urlopen

URL, KEY, MODEL, API, EMBEDDINGS = (
    os.environ[f"PLAYED_{name}"] for name in ("URL", "KEY", "MODEL", "API", "EMBEDDINGS")
)
UNKNOWN = "no-such-model"
# What the played model says that it used, unless a step says otherwise.
PROMPT_TOKENS, COMPLETION_TOKENS = 123, 45
_CONTROL = f"{os.environ['PLAYED_UPSTREAM']}/_control/script"


def play(*steps: dict[str, Any], model: str = MODEL) -> None:
    """The model's next answers, and no others."""
    urlopen(Request(_CONTROL, method="DELETE"), timeout=30).close()
    used = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS}
    body = json.dumps({model: [{**used, **step} for step in steps]}).encode()
    urlopen(Request(_CONTROL, body, {"content-type": "application/json"}), timeout=30).close()


def call(tool: str, number: int = 1, **arguments: Any) -> dict[str, Any]:
    """A tool call of the model's."""
    return {"id": f"call_{number}", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}


def are_pieces(pieces: list[str], whole: str) -> None:
    """Fails where a stream did not come in pieces, or says something else."""
    assert len(pieces) > 1, pieces
    assert "".join(pieces) == whole, pieces


def are_vectors(found: Sequence[Sequence[float]]) -> None:
    """Fails where two texts did not get a vector each."""
    assert [len(vector) > 100 for vector in found] == [True, True], found


def is_used(prompt: int | None, completion: int | None, answers: int = 1) -> None:
    """Fails where a client counts otherwise than the model said, for so many answers."""
    expected = (answers * PROMPT_TOKENS, answers * COMPLETION_TOKENS)
    assert (prompt, completion) == expected, f"the client counts {(prompt, completion)}, the model said {expected}"


def tells_unknown_model(error: object) -> None:
    """Fails where an error does not tell a user that the model is not known."""
    said = str(error)
    assert UNKNOWN in said, said[-600:]
    assert re.search("404|not.?found|does not exist", said, re.IGNORECASE), said[-600:]


def run(*scenarios: Callable[[], object]) -> None:
    """Run the scenarios and end; an exit code of 1 says that one of them failed."""
    failed = False
    with asyncio.Runner() as loop:  # one for all: clients keep their connections
        for scenario in scenarios:
            wrong = None
            try:
                done = scenario()
                if inspect.iscoroutine(done):
                    loop.run(done)
            except Exception:
                wrong, failed = traceback.format_exc(), True
            print(json.dumps({"scenario": scenario.__name__.replace("_", " "), "wrong": wrong}), flush=True)
    sys.exit(failed)
