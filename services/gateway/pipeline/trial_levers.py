"""The levers that are off until somebody wants them, on a request that is about to go out. On trial they only say what they would do."""

import msgspec

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.events import LeverName
from services.gateway.domain import trials
from services.gateway.domain.plan import Plan
from services.gateway.domain.trials import NOTHING_TRIED, Tried
from services.gateway.endpoints.base import Attempt
from services.gateway.providers.base import EncodedRequest
from services.gateway.state.usual_reasoning import UsualReasoning

_DETAIL = "detail"


def with_trials(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, usual: UsualReasoning
) -> tuple[EncodedRequest, Tried]:
    """The same with what these levers change of it, and what that is."""
    if attempt.request.settings.level == "off" or plan.fallback_used or encoded.local:
        return encoded, NOTHING_TRIED
    try:
        changed, tried = _with_effort(attempt, encoded, plan, usual)
        changed, tried = _with_definitions(attempt, changed, plan, tried)
        return _with_low_detail(attempt, changed, plan, tried)
    except (*DECODE_ERRORS, RecursionError):  # a body that nobody can read to the letter goes out as it is
        return encoded, NOTHING_TRIED


def _with_effort(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, usual: UsualReasoning
) -> tuple[EncodedRequest, Tried]:
    request, form = attempt.request, attempt.provider.formats.get(encoded.surface)
    less = None
    if plan.route is not None and plan.route.simple and attempt.known is not None and form is not None:
        less = None if form.less_effort is None else form.less_effort(attempt.known)
    if less is None or less.path[-1] in attempt.without or trials.says_how_to_think(request.envelope.top):
        return encoded, NOTHING_TRIED
    body = trials.with_effort(encoded.body, less.path, less.value)
    if body is None:
        return encoded, NOTHING_TRIED
    if request.settings.effort != "on":
        shadow: tuple[tuple[LeverName, int], ...] = (("effort", 0),) if request.settings.effort == "shadow" else ()
        return encoded, Tried(shadow=shadow, effort_left=True)
    # Of another model than the requested one nobody knows what that would have thought.
    own = attempt.target == request.requested
    known = usual.mean(request.principal.org_id, attempt.target.served_model) if own else None
    return _sent(encoded, body, less.path[-1]), Tried(effort=less.value, usual_reasoning=known)


def _with_definitions(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, tried: Tried
) -> tuple[EncodedRequest, Tried]:
    body = trials.with_definitions(encoded.body, plan.definitions) if plan.definitions else None
    if body is None or plan.optimized is None:
        return encoded, tried
    line = ("tools", plan.optimized.definition_tokens)
    if attempt.request.settings.tool_definitions != "on":
        return encoded, msgspec.structs.replace(tried, shadow=(*tried.shadow, line))
    return _sent(encoded, body), msgspec.structs.replace(tried, removed=(*tried.removed, line))


def _with_low_detail(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, tried: Tried
) -> tuple[EncodedRequest, Tried]:
    form = attempt.provider.formats.get(encoded.surface)
    wanted = plan.optimized is not None and plan.optimized.gist and form is not None and form.takes_detail
    wanted = wanted and attempt.request.settings.images != "off"
    # Models count pictures in units of their own: what another one saves is no saving on the requested one.
    if not wanted or attempt.target != attempt.request.requested or _DETAIL in attempt.without:
        return encoded, tried
    found = trials.with_low_detail(encoded.body, attempt.target.served_model)
    if found is None:
        return encoded, tried
    line = ("images", found[1])
    if attempt.request.settings.images != "on":
        return encoded, msgspec.structs.replace(tried, shadow=(*tried.shadow, line))
    return _sent(encoded, found[0], _DETAIL), msgspec.structs.replace(tried, removed=(*tried.removed, line))


def _sent(encoded: EncodedRequest, body: bytes, *added: str) -> EncodedRequest:
    return msgspec.structs.replace(encoded, body=body, added=(*encoded.added, *added), raw=False)
