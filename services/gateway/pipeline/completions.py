"""The legacy completions API, on top of chat."""

from collections.abc import AsyncGenerator

from services.gateway.domain.work import Incoming, Plain, Streamed
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.translate.completions import CompletionEvents, Prompts, completion
from services.gateway.translate.sse import DONE

Answers = AsyncGenerator[Plain | Streamed, None]


async def complete(
    pipeline: Pipeline, incoming: Incoming, prompts: Prompts, admitted: RateLimitCallback
) -> Plain | Streamed:
    """Answer all prompts, in one `text_completion` or one stream of them."""
    answers = pipeline.each(incoming, prompts.bodies, admitted)
    try:
        first = await anext(answers)
        if isinstance(first, Streamed):
            return Streamed(work=first.work, chunks=_stream(first, answers))
        bodies = [first.body]
        async for answer in answers:
            assert isinstance(answer, Plain)
            bodies.append(answer.body)
        return Plain(work=first.work, body=completion(bodies))
    except BaseException:
        await answers.aclose()
        raise


async def _stream(first: Streamed, answers: Answers) -> AsyncGenerator[bytes, None]:
    """Prompt after prompt, each under its own index."""
    try:
        index, answer = 0, first
        while True:
            events = CompletionEvents(index)
            async for piece in _closing(answer.chunks):
                yield events.feed(piece)
            if events.failed:
                return
            following = await anext(answers, None)
            if following is None:
                break
            assert isinstance(following, Streamed)
            index, answer = index + 1, following
    finally:
        await answers.aclose()  # the record is safe once this returns
    yield DONE


async def _closing(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        await chunks.aclose()
