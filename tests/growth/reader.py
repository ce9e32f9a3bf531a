"""What a reader is, and the shapes that its text is put into."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libs.common.errors import PromptlyError
from services.gateway.domain.attempts import Failure

MODEL = "gpt-4o"
TURN = 240  # characters of a turn where a text is a whole conversation


@dataclass(frozen=True, slots=True)
class Reader:
    """`run` reads one text. `slow` ones do the work of many others at once, and are tried with shorter texts; those that
    pass most of it on as it is are `seldom` tried with all families.
    """

    name: str
    run: Callable[[str], object]
    slow: bool = False
    seldom: bool = False


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def talk(size: int) -> Callable[[str], list[dict[str, Any]]]:
    return lambda text: [
        {"role": ("user", "assistant")[n % 2], "content": piece} for n, piece in enumerate(pieces(text, size))
    ]


def tools(size: int) -> Callable[[str], list[dict[str, Any]]]:
    def made(text: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = [{"role": "user", "content": "Look it up."}]
        for n, piece in enumerate(pieces(text, size)):
            function = {"name": "weather", "arguments": json.dumps({"town": piece[:80]})}
            calls = [{"id": f"c{n}", "type": "function", "function": function}]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            messages.append({"role": "tool", "tool_call_id": f"c{n}", "content": piece})
        return messages

    return made


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": list(messages), **fields}


def refused(run: Callable[[str], object]) -> Callable[[str], object]:
    """A refusal is an answer too."""

    def tried(text: str) -> object:
        try:
            return run(text)
        except (PromptlyError, Failure, RecursionError):
            return None

    return tried
