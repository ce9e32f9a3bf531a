"""The tokens of an answer: the provider's own count, and ours, flagged as an estimate, for what it does not report."""

import asyncio
from collections.abc import Callable

import msgspec

from libs.common import tokens
from services.gateway.domain.outcome import TokenCounts
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.domain.rough_tokens import rough_tokens
from services.gateway.endpoints.base import AnswerSummary
from services.gateway.translate.openai_usage import Usage

# What takes longer to count than others should wait for is counted in a thread, and not counted but estimated where it would
# take seconds: the vocabulary's words have about four characters.
_LONG = 4_000
_TOO_LONG = 2_000_000
_PER_TOKEN = 4


async def count(request: Request, plan: Plan, answer: AnswerSummary) -> TokenCounts:
    """The tokens of an answer, however far it came. A count of 0 for an answer that has content is none."""
    known = answer.usage or Usage()
    estimated, model = known.odd, _model(request, plan)
    prompt, completion = known.prompt_tokens, known.completion_tokens
    if prompt is None:
        sent = _sent(request, plan)
        if request.chat is None:
            prompt = rough_tokens(sent) + request.envelope.earlier_bytes // _PER_TOKEN
        else:
            prompt = await _in_thread(len(sent), lambda: _count_prompt(model, sent, request))
        estimated = True
    if completion is None or (completion == 0 and answer.has_content):
        completion = await _in_thread(len(answer.text), lambda: tokens.count_text(model, answer.text))
        estimated = True
    known = msgspec.structs.replace(known, prompt_tokens=prompt, completion_tokens=completion)
    apart = known.apart
    if not known.audio_input and request.chat is not None and request.chat.sounds:
        apart = msgspec.structs.replace(apart, uncounted=True)
    return TokenCounts(tokens=known.classes(), apart=apart, rates=known.rates, estimated=estimated)


async def _in_thread(size: int, counted: Callable[[], int]) -> int:
    if size > _TOO_LONG:
        return size // _PER_TOKEN
    return await asyncio.to_thread(counted) if size > _LONG else counted()


def _model(request: Request, plan: Plan) -> str:
    return plan.target.served_model if plan.target else request.baseline_model


def _sent(request: Request, plan: Plan) -> bytes:
    if request.chat is None:
        return request.envelope.raw
    return bytes(request.messages if plan.shorter is None else plan.shorter.messages)


def _count_prompt(model: str, sent: bytes, request: Request) -> int:
    top = request.envelope.top
    tools = b"".join(bytes(top[name]) for name in ("tools", "functions") if name in top)
    return tokens.count_messages(model, msgspec.json.decode(sent)) + tokens.count_text(model, tools.decode())
