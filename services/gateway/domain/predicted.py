"""What a captured request is predicted to take under other settings."""

from collections.abc import Sequence
from typing import Final

import msgspec

from libs.common.catalog import Catalog, Model
from libs.common.contracts.cache import StoreAnswer
from libs.common.contracts.events import LeverName, LeverShare, TokenClasses
from libs.common.contracts.gateway import Replayed, ReplayExample
from services.gateway.domain.captured import CapturedRequest
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.plan import Plan, is_changed, routed_model
from services.gateway.domain.pricing import price_call, price_hit
from services.gateway.domain.request import Request

MOST_EXAMPLES: Final = 20
_SHOWN: Final = 64 << 10  # bytes of an example's messages
_WHOLE: Final = frozenset((None, "stop", "end_turn", "stop_sequence", "completed", "STOP"))
_CALLS: Final = frozenset(("tool_calls", "tool_use", "function_call"))
_PROBE: Final = 1_000_000
# Only its being there matters: what it says is nobody's.
_NO_MESSAGES: Final = msgspec.Raw(b"[]")
_ANSWER: Final = msgspec.Raw(b'{"choices":[{"message":{"role":"assistant","content":"-"}}]}')


def tokens_of(captured: CapturedRequest, request: Request, catalog: Catalog) -> TokenClasses:
    """The tokens of a request without any lever: as many as were counted, with what levers had cut put back. Of a hit only the costs of
    its answer are known, and so its length.
    """
    counted = captured.tokens
    if counted.input or counted.output:
        cut = max(0, captured.original_tokens - counted.input)
        return msgspec.structs.replace(counted, uncached_input=counted.uncached_input + cut)
    plain = TokenClasses(uncached_input=captured.original_tokens)
    model = request.requested.priced(catalog) if request.requested is not None else None
    return msgspec.structs.replace(plain, output_text=_answered(captured, model, plain, request))


def _answered(captured: CapturedRequest, model: Model | None, plain: TokenClasses, request: Request) -> int:
    if model is None or captured.baseline_nano is None:
        return 0
    prompt = model.cost_nano(plain, request.day)
    with_answer = model.cost_nano(msgspec.structs.replace(plain, output_text=_PROBE), request.day)
    if prompt is None or with_answer is None or with_answer <= prompt:
        return 0
    return max(0, round((captured.baseline_nano - prompt) * _PROBE / (with_answer - prompt)))


def predicted(captured: CapturedRequest, request: Request, plan: Plan, catalog: Catalog) -> Outcome:
    """The outcome of a plan: an answer as long as the recorded one, and what the provider had cached as it was."""
    if plan.hit is not None:
        outcome = Outcome(status="cached", original_tokens=captured.original_tokens)
        return price_hit(request, plan, outcome, catalog)
    tokens = tokens_of(captured, request, catalog)
    gone = sum(count for _, count in plan.removed)
    plain = max(0, tokens.uncached_input - gone)
    read = max(0, tokens.cache_read - max(0, gone - tokens.uncached_input))
    counts = TokenCounts(tokens=msgspec.structs.replace(tokens, uncached_input=plain, cache_read=read))
    trace = CallTrace(served_tier=captured.served_tier)
    return price_call(request, plan, Outcome(status="success", counts=counts, trace=trace), catalog)


def stored(captured: CapturedRequest, request: Request, plan: Plan, outcome: Outcome) -> StoreAnswer | None:
    """What would be kept in the cache of the answer; None: nothing."""
    key, target = request.cache_key, plan.target
    ended = captured.stop in _WHOLE or captured.stop in _CALLS
    if key is None or target is None or plan.hit is not None or not request.overrides.write_cache or not ended:
        return None
    return StoreAnswer(
        org_id=request.principal.org_id,
        scope=key.scope,
        fingerprint=key.fingerprint,
        query=None if captured.stop in _CALLS else key.query,
        ttl_seconds=request.settings.cache_ttl_seconds,
        answer=_ANSWER,
        served_model=target.served_model,
        provider=target.provider,
        prompt_tokens=captured.original_tokens,
        completion_tokens=outcome.counts.tokens.output,
        request_id=request.id,
    )


class Prediction:
    """Adds up what is predicted of one request after the other."""

    def __init__(self, captured: int) -> None:
        self._captured = captured
        self._replayed = self._changed = self._unpriced = 0
        self._hits = {"exact": 0, "semantic": 0}
        self._refused: dict[str, int] = {}
        self._sums = [0, 0, 0]
        self._input = [0, 0]
        self._levers: dict[LeverName, list[int]] = {}
        self._models: dict[str, int] = {}
        self._degraded: set[str] = set()
        self._examples: list[tuple[int, ReplayExample]] = []

    def refuse(self, reason: str) -> None:
        """Note a request that cannot be tried."""
        self._refused[reason] = self._refused.get(reason, 0) + 1

    def skip(self, service: str) -> None:
        """Note a service that was not asked, or did not answer in time."""
        self._degraded.add(service)

    def add(self, captured: CapturedRequest, request: Request, plan: Plan, outcome: Outcome) -> None:
        """Add what was predicted of a request."""
        self._replayed += 1
        self._degraded |= set(plan.degraded)
        if plan.hit is not None:
            self._hits[plan.hit.kind] += 1
        model = "cache" if plan.hit is not None else routed_model(request, plan)
        self._models[model] = self._models.get(model, 0) + 1
        made = outcome.receipt
        baseline, after = (None, None) if made is None else (made.baseline_nano, made.actual_nano)
        if baseline is None or after is None or captured.actual_nano is None:
            self._unpriced += 1
        else:
            for at, nano in enumerate((baseline, captured.actual_nano, after)):
                self._sums[at] += nano
            self._lines(() if made is None else made.levers)
        tokens = outcome.counts.tokens.input
        self._input[0] += captured.original_tokens
        self._input[1] += tokens
        if plan.hit is not None or is_changed(request, plan):
            self._changed += 1
            self._example(abs((baseline or 0) - (after or 0)), captured, request, plan, (baseline, after, tokens))

    def result(self) -> Replayed:
        """All of it."""
        return Replayed(
            captured=self._captured,
            replayed=self._replayed,
            refused=self._refused,
            changed=self._changed,
            exact_hits=self._hits["exact"],
            semantic_hits=self._hits["semantic"],
            unpriced=self._unpriced,
            baseline_nano=self._sums[0],
            actual_nano=self._sums[1],
            predicted_nano=self._sums[2],
            input_before=self._input[0],
            input_after=self._input[1],
            levers=tuple(
                LeverShare(lever=lever, tokens=tokens, nano_usd=nano) for lever, (tokens, nano) in self._levers.items()
            ),
            models=self._models,
            degraded=tuple(sorted(self._degraded)),
            examples=tuple(example for _, example in self._examples),
        )

    def _lines(self, levers: Sequence[LeverShare]) -> None:
        for line in levers:
            sums = self._levers.setdefault(line.lever, [0, 0])
            sums[0] += line.tokens
            sums[1] += line.nano_usd or 0

    def _example(
        self,
        weight: int,
        captured: CapturedRequest,
        request: Request,
        plan: Plan,
        found: tuple[int | None, int | None, int],
    ) -> None:
        """Those that the most money changes with are shown."""
        if len(self._examples) == MOST_EXAMPLES and weight <= self._examples[-1][0]:
            return
        baseline, after, tokens = found
        example = ReplayExample(
            id=captured.id,
            requested_model=request.baseline_model,
            model=request.baseline_model if plan.hit is not None else routed_model(request, plan),
            cache=None if plan.hit is None else plan.hit.kind,
            tokens_before=captured.original_tokens,
            tokens_after=tokens,
            baseline_nano=baseline,
            actual_nano=captured.actual_nano,
            predicted_nano=after,
            before=_NO_MESSAGES,
            after=_NO_MESSAGES,
        )
        example = _with_texts(example, request, plan)
        self._examples.append((weight, example))
        self._examples.sort(key=lambda one: -one[0])
        del self._examples[MOST_EXAMPLES:]


def _with_texts(example: ReplayExample, request: Request, plan: Plan) -> ReplayExample:
    shorter = None if plan.hit is not None else plan.shorter
    if shorter is None or len(bytes(request.messages)) > _SHOWN or len(bytes(shorter.messages)) > _SHOWN:
        return example
    return msgspec.structs.replace(
        example, before=request.messages, after=shorter.messages, positions=tuple(shorter.positions)
    )
