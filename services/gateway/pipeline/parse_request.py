"""A request, read and checked: what the pipeline works on."""

from libs.common.catalog import Catalog
from libs.common.contracts.auth import Principal
from libs.common.telemetry import tracing
from services.gateway.domain import chat, overrides, subrequests
from services.gateway.domain.cache_key import cache_key, cacheable, shaped_by
from services.gateway.domain.targets import check_known, find_target, unreachable
from services.gateway.domain.work import Incoming, Work


def read(incoming: Incoming, principal: Principal, catalog: Catalog) -> Work:
    """The work that a request makes; `BadRequest` names what is wrong with it."""
    own = overrides.parse(incoming.headers)
    request = chat.parse(incoming.body)
    check_known(request.fields.model, principal, catalog)
    work = Work(
        request_id=incoming.request_id,
        time_ms=incoming.time_ms,
        accepted=incoming.accepted,
        principal=principal,
        chat=request,
        overrides=own,
        settings=own.apply(principal.settings),
        trace_id=tracing.trace_id(),
    )
    work.requested = work.target = find_target(request.fields.model, principal, catalog)
    if work.requested is None and not subrequests.may_go_elsewhere(work):
        raise unreachable(request.fields.model, principal, catalog)
    small = len(incoming.body) <= subrequests.MAX_HOP_BYTES
    if work.settings.cache_enabled and (own.read_cache or own.write_cache) and cacheable(request) and small:
        work.cache_key = cache_key(request, shaped_by(work.settings, principal), own.cache_scope)
        work.cache = "miss" if own.read_cache else "off"
    return work
