"""What the provider does next, per model: a list of steps, each used once, then the normal answer again."""

from collections import defaultdict, deque
from typing import Any

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One scripted reaction. Nothing set: the normal answer. The same step works in all three wire formats.

    Answers: `content` and `thinking` are texts, `tool_calls` has OpenAI's shape, `finish_reason` is OpenAI's word and
    `native_finish` the provider's own, which wins. `blocked` (true, or the reason) refuses the prompt: Google answers
    without candidates, Anthropic with a refusal, OpenAI with content_filter.

    `served_tier` is the service tier that an answer of OpenAI's says, whatever was asked for; `speed` and `geo` are what an answer of
    Anthropic's says of how fast and where it was made.

    Usage: `usage` = false leaves it out. What is not overridden is counted; cached and cache-written tokens are part of
    the prompt's, reasoning tokens part of the completion's. `thoughts_inclusive` has Google count thoughts twice, once
    among the candidates' tokens.

    Errors: `status` ≠ 200 answers with that error, `error_in_200` says 200 with an error's body, `malformed` answers with
    something that is not JSON. `code` is OpenAI's code, Anthropic's type or Google's status, where it is not the status code's own.
    `retry_after` is in seconds; Google says it in the body. `hang` never answers.

    Streams: `delay` and `chunk_delay` are seconds. After so many events, `error_after` ends with an error of the format,
    `end_after` ends the body as if all was said, `cut_after` closes the connection and `reset_after` resets it (a plain
    answer's at once). `dribble` is the bytes per write, `crlf` changes the line ends, `comments` puts a comment before
    every event. `fault` names an oddity of `faults`.
    """

    status: int = 200
    message: str = "The server had an error."
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = {}
    retry_after: float | None = None
    error_in_200: bool = False
    malformed: bool = False
    hang: bool = False
    delay: float = 0
    chunk_delay: float = 0
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    finish_reason: str | None = None
    native_finish: str | None = None
    blocked: bool | str = False
    served_tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    cut_after: int | None = None
    end_after: int | None = None
    error_after: int | None = None
    reset_after: int | None = None
    dribble: int = 0
    crlf: bool = False
    comments: bool = False
    usage: bool = True
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int | None = None
    thoughts_inclusive: bool = False
    fault: str | None = None
    repeat: int = 1


class Script:
    """Steps by model name; "*" is for every model without steps of its own."""

    def __init__(self) -> None:
        self._steps: dict[str, deque[Step]] = defaultdict(deque)

    def add(self, model: str, steps: list[Step]) -> None:
        """Queue steps; `repeat` queues one so many times."""
        for step in steps:
            self._steps[model].extend([step] * step.repeat)

    def next(self, model: str) -> Step:
        """The step for the request that has just come."""
        for name in (model, "*"):
            if self._steps[name]:
                return self._steps[name].popleft()
        return Step()

    def clear(self) -> None:
        """Forget everything."""
        self._steps.clear()
