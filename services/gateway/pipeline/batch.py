"""Several prompts in one request: one call each, one after the other, and one record of all of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
import structlog

from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.domain.request import Incoming
from services.gateway.endpoints.openai_completions import OpenAICompletions
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.pipeline.recorder import BatchRecord, internal_error
from services.gateway.pipeline.response import Response, release_after
from services.gateway.translate.completions import Prompts

log = structlog.get_logger()


class Batch:
    """Runs them. Limits count each prompt as a request."""

    def __init__(self, pipeline: Pipeline, background: Background) -> None:
        self._pipeline = pipeline
        self._background = background

    async def run(
        self, endpoint: OpenAICompletions, incoming: Incoming, prompts: Prompts, on_rate_limit: RateLimitCallback
    ) -> Response:
        """Answer all prompts, in one `text_completion` or one stream of them."""
        admission = self._pipeline.admission
        principal = await admission.authorize(incoming.api_key, endpoint.scope, incoming.principal)
        incoming = msgspec.structs.replace(incoming, principal=principal)
        async with admission.acquire(principal, on_rate_limit, count=len(prompts.bodies)) as permit:
            record, streams = self._pipeline.recorder.batch(incoming.request_id), False
            try:
                first = await self._serve(endpoint, incoming, prompts.bodies[0], record)
                if first.chunks is not None:
                    chunks = self._stream(endpoint, incoming, prompts, first.chunks, record)
                    await anext(chunks)  # begun, so that closing it closes the record
                    streams = True
                    return await release_after(permit, msgspec.structs.replace(first, chunks=chunks))
                rest = [await self._serve(endpoint, incoming, body, record) for body in prompts.bodies[1:]]
                bodies = [first.body, *(response.body for response in rest)]
                return msgspec.structs.replace(first, body=self._join(endpoint, bodies, record))
            finally:
                if not streams:
                    await self._close(record)

    async def _serve(
        self, endpoint: OpenAICompletions, incoming: Incoming, body: bytes, record: BatchRecord
    ) -> Response:
        request = self._pipeline.parse(endpoint, msgspec.structs.replace(incoming, body=body))
        return await self._pipeline.serve(endpoint, request, self._pipeline.recorder.open(request, record))

    def _join(self, endpoint: OpenAICompletions, bodies: list[bytes], record: BatchRecord) -> bytes:
        try:
            return endpoint.join(bodies)
        except Exception:
            record.fail()
            raise

    async def _stream(
        self,
        endpoint: OpenAICompletions,
        incoming: Incoming,
        prompts: Prompts,
        chunks: AsyncGenerator[bytes, None],
        record: BatchRecord,
    ) -> AsyncGenerator[bytes, None]:
        """Prompt after prompt, each under its own index."""
        ending = b""
        try:
            yield b""
            for index in range(len(prompts.bodies)):
                if index:
                    response = await self._serve(endpoint, incoming, prompts.bodies[index], record)
                    assert response.chunks is not None, "all prompts of a request are streamed, or none is"
                    chunks = response.chunks
                events = endpoint.events(index)
                async with aclosing(chunks):
                    async for piece in chunks:
                        yield events.feed(piece)
                if events.failed:
                    break
            else:
                ending = endpoint.end_of_stream
        except Exception as fault:
            ending = self._failed(endpoint, incoming, record, fault)
        finally:
            await chunks.aclose()
            await self._close(record)
        if ending:
            yield ending

    def _failed(self, endpoint: OpenAICompletions, incoming: Incoming, record: BatchRecord, fault: Exception) -> bytes:
        error = fault if isinstance(fault, PromptlyError) else internal_error(incoming.request_id)
        if error is not fault:
            record.fail()
            log.error("stream_failed", error_type=type(fault).__name__)
        return endpoint.stream_error(error, incoming.request_id)

    async def _close(self, record: BatchRecord) -> None:
        """Wait for the record, which a client that leaves meanwhile does not take along."""
        await asyncio.shield(self._background.start("publish_batch", record.close()))
