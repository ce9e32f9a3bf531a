"""Anthropic's Messages API as one value."""

from libs.common.catalog import Model
from services.gateway.formats.blocks import Answer
from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.headers import to_anthropic
from services.gateway.formats.surface import Effort, ProviderSurface, counted
from services.gateway.providers.anthropic import answer, messages
from services.gateway.providers.anthropic.breakpoints import beginning
from services.gateway.providers.anthropic.peek import peek, seen_whole


def _read(data: bytes, *, model: str, request_id: str, created: int) -> Answer:
    return answer.read_answer(data, model=model, request_id=request_id)


def _reader(*, model: str, request_id: str, created: int) -> StreamReader:
    return answer.reader(model=model, request_id=request_id)


def _count_path(model: str) -> str:
    return "/v1/messages/count_tokens"


def _less_effort(known: Model) -> Effort | None:
    """By themselves the models that take an effort make a high one."""
    return Effort(path=("output_config", "effort"), value="medium") if known.can("adaptive_thinking") else None


MESSAGES = ProviderSurface(
    name="messages",
    path=messages.path,
    build=messages.build,
    read=_read,
    reader=_reader,
    failure=answer.failure,
    count_path=_count_path,
    count_body=messages.count_body,
    count=counted("input_tokens"),
    peek=peek,
    seen=seen_whole,
    headers=to_anthropic,
    beginning=beginning,
    less_effort=_less_effort,
)
