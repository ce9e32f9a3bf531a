"""Captured requests under other settings: through cache, optimizer and router, to a price. No provider is called, nothing recorded."""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.cache import StoreAnswer
from libs.common.contracts.gateway import Captured, Replay, Replayed
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.errors import Conflict, PromptlyError
from services.gateway.capture_ports import CaptureStore
from services.gateway.domain import subrequests
from services.gateway.domain.captured import CapturedRequest
from services.gateway.domain.chat import Chat
from services.gateway.domain.plan import Plan, initial, routed_model
from services.gateway.domain.predicted import Prediction, predicted, stored
from services.gateway.domain.request import Incoming, Request
from services.gateway.domain.turns import Kept
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.endpoints.base import Endpoint
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_responses import OPENAI_RESPONSES
from services.gateway.pipeline.planner import Planner
from services.gateway.ports import AnswerCache, Optimizer, Router
from services.gateway.state.prefix_cache import PrefixCacheTracker

_ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "chat": OPENAI_CHAT,
    "messages": ANTHROPIC_MESSAGES,
    "responses": OPENAI_RESPONSES,
}
_STORED: Final = frozenset(("bound:previous_response_id", "bound:conversation", "bound:prompt", "item_reference"))
SECONDS: Final = 20.0
_MOST: Final = 2  # at once in a gateway, one of an organization
_AT_ONCE: Final = 16  # opened ahead


class Scratch(AnswerCache, Protocol):
    """A cache of one replay's own."""

    now_ms: int
    failed: bool

    async def keep(self, answer: StoreAnswer) -> None:
        """Keep an answer, and wait until that is done."""
        ...

    async def clear(self) -> None:
        """Forget all of it."""
        ...


Parse = Callable[[Endpoint, Incoming], Request]


class Replays:
    """Tries settings on captured requests, one after another in the order in which they came."""

    def __init__(
        self,
        store: CaptureStore,
        parse: Parse,
        scratch: Callable[[], Scratch],
        optimizer: Optimizer,
        router: Router,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self._store = store
        self._parse = parse
        self._scratch = scratch
        self._optimizer = optimizer
        self._router = router
        self._catalog = catalog
        self._clock = clock
        self._under_way: set[str] = set()

    async def run(self, asked: Replay) -> Replayed:
        """What would become of them. `Conflict` where this organization has one under way, or the gateway as many as it takes."""
        org_id = asked.principal.org_id
        if org_id in self._under_way or len(self._under_way) >= _MOST:
            raise Conflict("Another replay is under way. Try again when it is over.", code="replay_under_way")
        self._under_way.add(org_id)
        scratch = self._scratch()
        try:
            return await self._run(asked, scratch)
        finally:
            self._under_way.discard(org_id)
            await scratch.clear()

    async def _run(self, asked: Replay, scratch: Scratch) -> Replayed:
        until = self._clock.monotonic() + SECONDS
        org_id = asked.principal.org_id
        listed = await self._store.list(org_id, asked.from_ms, asked.to_ms)
        chosen = listed[: asked.limit][::-1]
        found, trial = Prediction(len(listed)), self._trial(asked, scratch)
        for start in range(0, len(chosen), _AT_ONCE):
            for request in await self._opened(org_id, chosen[start : start + _AT_ONCE]):
                if self._clock.monotonic() > until:
                    break
                await trial.take(request, found)
        if scratch.failed:
            found.skip("cache")
        return found.result()

    def _trial(self, asked: Replay, scratch: Scratch) -> "_Trial":
        settings = msgspec.structs.replace(asked.principal.settings, holdout_share=0.0, lever_shares={}, capture="none")
        principal = msgspec.structs.replace(asked.principal, settings=settings)

        def parse(captured: CapturedRequest) -> Request:
            named = {"x-session-id": captured.session, "x-claude-code-agent-id": captured.agent}
            incoming = Incoming(
                request_id=captured.id,
                accepted=self._clock.monotonic(),
                time_ms=captured.time_ms,
                api_key=None,
                body=bytes(captured.body),
                headers={name: value for name, value in named.items() if value},
                principal=msgspec.structs.replace(principal, key_id=captured.key_id),
            )
            return self._parse(_ENDPOINTS[captured.kind], incoming)

        return _Trial(parse, scratch, self._optimizer, self._router, self._catalog)

    async def _opened(self, org_id: str, some: Sequence[Captured]) -> list[CapturedRequest]:
        opened = await asyncio.gather(*(self._store.load(org_id, one) for one in some))
        return [one for one in opened if one is not None]


class _Trial:
    """One replay's state: its cache, who answered which conversation last, and what the provider has cached of it."""

    def __init__(
        self,
        parse: Callable[[CapturedRequest], Request],
        scratch: Scratch,
        optimizer: Optimizer,
        router: Router,
        catalog: Catalog,
    ) -> None:
        self._parse = parse
        self._scratch = scratch
        self._catalog = catalog
        self._calls = _Loops()
        self._seconds = 0.0
        self._prefixes = PrefixCacheTracker(lambda: self._seconds)
        self._planner = Planner(scratch, _Placed(optimizer), router, self._calls, self._prefixes, catalog)

    async def take(self, captured: CapturedRequest, found: Prediction) -> None:
        """Try one request, and add what is predicted of it."""
        self._scratch.now_ms, self._seconds = captured.time_ms, captured.time_ms / 1000
        try:
            request = await asyncio.to_thread(self._parse, captured)
            if request.envelope.flags & _STORED:
                found.refuse("goes on with a stored response")
                return
            plan = await self._planned(request)
        except PromptlyError as error:
            found.refuse(error.code)
            return
        outcome = predicted(captured, request, plan, self._catalog)
        answer = stored(captured, request, plan, outcome)
        if answer is not None:
            await self._scratch.keep(answer)
        if plan.hit is None:
            self._calls.note(request, plan)
            cut = None if plan.optimized is None else plan.optimized.cut
            read = outcome.counts.tokens.cache_read
            if request.chat is not None and (cut is not None or read):
                self._prefixes.update(request.principal.org_id, request.chat, cut, read)
        found.add(captured, request, plan, outcome)

    async def _planned(self, request: Request) -> Plan:
        self._calls.begin(request)
        plan = initial(request)
        lookup = subrequests.exact_lookup(request)
        if lookup is not None and (hit := await self._scratch.exact(lookup)) is not None:
            return plan.answered_by(hit)
        plan = await self._planner.plan(request, plan)
        return plan if plan.hit is not None else self._planner.select_target(request, plan)


class _Placed:
    """The optimizer, asked to say where its messages stood: examples are shown message by message."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    async def optimize(self, request: OptimizeRequest, chat: Chat) -> OptimizeReply:
        return await self._optimizer.optimize(msgspec.structs.replace(request, placed=True), chat)


class _Loops:
    """Implements `ports.ToolCallStore` with what the replay knows: the calls in a conversation were made by whoever answered it last."""

    def __init__(self) -> None:
        self._models: dict[str, str] = {}
        self._last: str | None = None

    def begin(self, request: Request) -> None:
        """Note whose calls are asked for next."""
        self._last = self._models.get(_conversation(request))

    def note(self, request: Request, plan: Plan) -> None:
        """Note who answers."""
        self._models[_conversation(request)] = routed_model(request, plan)

    async def load(self, org_id: str, call_ids: Sequence[str], *, may_come: Container[str] = ()) -> dict[str, Kept]:
        return {} if self._last is None else {name: Kept(served_model=self._last) for name in call_ids}

    async def save(self, org_id: str, kept: Mapping[str, Kept]) -> None:
        raise NotImplementedError("a replay keeps nothing")


def _conversation(request: Request) -> str:
    own = request.envelope
    if own.session:
        return f"{own.session}\n{own.agent or ''}"
    messages = () if request.chat is None else request.chat.fields.messages
    first = next(("\n".join(message.texts) for message in messages if message.role == "user"), "")
    return f"\n{own.model}\n{first}"
