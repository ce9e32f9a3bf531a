"""OpenAI's APIs as values: responses, and chat as OpenAI itself takes it."""

from libs.common.catalog import Model
from services.gateway.formats.blocks import Answer, Ask
from services.gateway.formats.build import Built, Target
from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.headers import to_openai
from services.gateway.formats.surface import Effort, ProviderSurface, counted
from services.gateway.providers.compatible import answer as chat_answer
from services.gateway.providers.compatible import chat
from services.gateway.providers.openai import answer, responses
from services.gateway.providers.openai.peek import peek, seen_whole


def _read(data: bytes, *, model: str, request_id: str, created: int) -> Answer:
    return answer.read_answer(data, model=model, request_id=request_id)


def _reader(*, model: str, request_id: str, created: int) -> StreamReader:
    return answer.reader(model=model, request_id=request_id)


def _count_path(model: str) -> str:
    return "/v1/responses/input_tokens"


def _build_chat(ask: Ask, target: Target) -> Built:
    return chat.build(ask, target, strict=True)


def _less(known: Model, *path: str) -> Effort | None:
    """By themselves these models think with medium effort, or not at all."""
    if not known.can("reasoning") or known.can("default_effort_none"):
        return None
    return Effort(path=path, value="low")


def _less_in_responses(known: Model) -> Effort | None:
    return _less(known, "reasoning", "effort")


def _less_in_chat(known: Model) -> Effort | None:
    return _less(known, "reasoning_effort")


RESPONSES = ProviderSurface(
    name="responses",
    path=responses.path,
    build=responses.build,
    read=_read,
    reader=_reader,
    failure=answer.failure,
    count_path=_count_path,
    count_body=responses.count_body,
    count=counted("input_tokens"),
    peek=peek,
    seen=seen_whole,
    headers=to_openai,
    takes_cache_key=True,
    slow_tier="flex",
    less_effort=_less_in_responses,
    takes_detail=True,
)
CHAT = ProviderSurface(
    name="chat",
    path=chat.path,
    build=_build_chat,
    read=chat_answer.read_answer,
    reader=chat_answer.reader,
    failure=chat_answer.failure,
    takes_cache_key=True,
    slow_tier="flex",
    less_effort=_less_in_chat,
    takes_detail=True,
)
