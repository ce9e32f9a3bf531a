"""The tokens of an answer: the provider's own count, and ours, flagged as an estimate, for what it does not say."""

import asyncio
from collections.abc import Callable

import msgspec

from libs.common import tokens
from services.gateway.domain.work import Work
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.openai_usage import Usage

# What takes longer to count than others should wait for is counted beside the loop, and not counted but reckoned where it
# would take seconds: the vocabulary's words have about four characters.
_LONG = 4_000
_TOO_LONG = 2_000_000
_PER_TOKEN = 4


class Counting:
    """Fills in a request's tokens."""

    async def stream(self, work: Work, relay: OpenAIStream) -> None:
        """Those of a stream, however far it came."""
        work.served_tier = relay.service_tier or work.served_tier
        begun = relay.counted
        if relay.usage is None and begun is not None:
            # The prompt is the provider's own count, the answer is ours.
            begun = msgspec.structs.replace(begun, completion_tokens=None, reasoning=0)
        await self.count(work, relay.usage or begun, relay.said, spoke=relay.spoke)

    async def count(self, work: Work, usage: Usage | None, said: str, *, spoke: bool) -> None:
        """Those of a whole answer, of which the provider says `usage`. A count of nothing for an answer that `spoke` is none."""
        known = usage or Usage()
        work.estimated = work.estimated or known.odd
        prompt, completion = known.prompt_tokens, known.completion_tokens
        if prompt is None:
            prompt = await _beside(len(_sent(work)), _count_prompt, work)
            work.estimated = True
        if completion is None or (completion == 0 and spoke):
            completion = await _beside(len(said), _count_text, work, said)
            work.estimated = True
        known = msgspec.structs.replace(known, prompt_tokens=prompt, completion_tokens=completion)
        work.tokens, work.apart = known.classes(), known.apart
        if not known.audio_input and work.chat.sounds:
            work.apart = msgspec.structs.replace(work.apart, uncounted=True)


async def _beside(size: int, count: Callable[..., int], work: Work, *more: str) -> int:
    if size > _TOO_LONG:
        return size // _PER_TOKEN
    return await asyncio.to_thread(count, work, *more) if size > _LONG else count(work, *more)


def _model(work: Work) -> str:
    return work.target.served_model if work.target else work.baseline_model


def _sent(work: Work) -> bytes:
    if work.optimized is not None and work.optimized.changed and not work.fallback_used:
        return bytes(work.optimized.messages)
    return bytes(work.chat.raw["messages"])


def _count_prompt(work: Work) -> int:
    tools = b"".join(bytes(work.chat.raw[name]) for name in ("tools", "functions") if name in work.chat.raw)
    prompt = tokens.count_messages(_model(work), msgspec.json.decode(_sent(work)))
    return prompt + tokens.count_text(_model(work), tools.decode())


def _count_text(work: Work, said: str) -> int:
    return tokens.count_text(_model(work), said)
