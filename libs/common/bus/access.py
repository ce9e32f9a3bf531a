"""Who may say what on the bus: one NATS user for every service, and what its code needs, not more.

A test holds this table to the code: whatever a service calls, serves, emits, hears or keeps stands here, and nothing else.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.common.bus.topology import DEAD_LETTERS, DEAD_SUBJECT, OWNERS, Topology
from libs.common.contracts import alerts, analytics, auth, cache, events, gateway, optimizer, router
from libs.common.contracts.base import Bucket, Event, Rpc, SharedCounter
from libs.common.contracts.status import SERVICES, status_of

OPERATOR = "operator"
USERS = (*SERVICES, OPERATOR)


@dataclass(frozen=True, kw_only=True)
class Access:
    """What one service does on the bus. `consumes` and `watches` name durable consumers: read from, and only counted. `reads` are sums that
    it also looks at without adding to them.
    """

    calls: Sequence[Rpc[Any, Any]] = ()
    serves: Sequence[Rpc[Any, Any]] = ()
    emits: Sequence[Event[Any]] = ()
    hears: Sequence[Event[Any]] = ()
    consumes: Sequence[str] = ()
    watches: Sequence[str] = ()
    puts: Sequence[Bucket] = ()
    gets: Sequence[Bucket] = ()
    deletes: Sequence[Bucket] = ()
    adds: Sequence[SharedCounter] = ()
    reads: Sequence[SharedCounter] = ()


ACCESS: Mapping[str, Access] = {
    "gateway": Access(
        calls=(
            *(
                auth.VERIFY_API_KEY,
                auth.FIND_ISSUER,
                auth.LEASE_CREDITS,
                auth.SETTLE_CREDITS,
                auth.CREDITS,
                auth.BEGIN_ONCE,
                auth.END_ONCE,
            ),
            *(cache.LOOKUP_EXACT, cache.LOOKUP_SEMANTIC, cache.STORE, cache.FORGET, cache.CLEAR),
            *(cache.LOOKUP_VECTORS, cache.STORE_VECTORS),
            *(optimizer.OPTIMIZE, optimizer.OPTIMIZE_TEXT, router.ROUTE, analytics.REQUEST, analytics.SPENT),
            alerts.FIND_WEBHOOK,
        ),
        serves=(
            *(gateway.TEST_PROVIDER_KEY, gateway.CHECK_BATCH),
            *(gateway.LIST_CAPTURES, gateway.READ_CAPTURE, gateway.ERASE_CAPTURES, gateway.REPLAY),
        ),
        emits=(
            *(events.COMPLETION_FINISHED, events.FEEDBACK_GIVEN, events.BUDGET_EXCEEDED, events.DEFERRED_ENDED),
            gateway.GATEWAY_ALIVE,
        ),
        hears=(auth.PRINCIPAL_CHANGED, auth.CREDITS_WANTED, auth.CREDITS_ADDED, gateway.GATEWAY_ALIVE),
        consumes=("gateway_erase", "gateway_erase_members"),
        puts=(gateway.TURNS, gateway.OWNERS, gateway.RESPONSES, gateway.DEFERRED, gateway.CAPTURES),
        gets=(gateway.TURNS, gateway.OWNERS, gateway.RESPONSES, gateway.DEFERRED, gateway.CAPTURES),
        deletes=(gateway.RESPONSES, gateway.DEFERRED, gateway.CAPTURES),
        adds=(
            *(gateway.RATE, gateway.BUDGET, gateway.BUDGET_DAYS),
            *(gateway.RESPONSE_BYTES, gateway.DEFERRED_BYTES, gateway.CAPTURE_BYTES),
        ),
        reads=(gateway.BUDGET, gateway.BUDGET_DAYS),
    ),
    "auth": Access(
        calls=(
            *(
                alerts.LIST_RULES,
                alerts.PUT_RULE,
                alerts.GET_RULE,
                alerts.DELETE_RULE,
                alerts.LIST_EVENTS,
                alerts.TEST_RULE,
            ),
            *(alerts.LIST_WEBHOOKS, alerts.ADD_WEBHOOK, alerts.VERIFY_WEBHOOK, alerts.DELETE_WEBHOOK),
            *(analytics.OVERVIEW, analytics.SAVINGS, analytics.MODELS, analytics.LEVERS, analytics.REQUESTS),
            *(
                analytics.BREAKDOWN,
                analytics.LATENCIES,
                analytics.EXPERIMENT,
                analytics.REQUEST,
                analytics.CHARGED,
                analytics.SPENT,
                cache.STATS,
                cache.CLEAR,
                cache.FORGET,
                optimizer.OPTIMIZE,
            ),
            *(router.ROUTE, gateway.TEST_PROVIDER_KEY),
            *(gateway.LIST_CAPTURES, gateway.READ_CAPTURE, gateway.ERASE_CAPTURES, gateway.REPLAY),
            *map(status_of, SERVICES),
        ),
        serves=(
            *(
                auth.VERIFY_API_KEY,
                auth.FIND_ISSUER,
                auth.LEASE_CREDITS,
                auth.SETTLE_CREDITS,
                auth.CREDITS,
                auth.GRANT_CREDITS,
            ),
            *(auth.BEGIN_ONCE, auth.END_ONCE, auth.RESET_PASSWORD, auth.REWRAP_KEYS, auth.ORG_ADMINS),
        ),
        emits=(
            auth.PRINCIPAL_CHANGED,
            auth.ACCESS_CHANGED,
            auth.CREDITS_WANTED,
            auth.CREDITS_ADDED,
            events.ORG_DELETED,
            events.MEMBER_REMOVED,
            events.LEVER_SWITCHED_OFF,
        ),
        hears=(auth.ACCESS_CHANGED, analytics.REQUESTS_LOGGED),
        watches=("analytics", "alerts"),
        adds=(auth.ATTEMPTS,),
    ),
    "cache": Access(
        serves=(
            *(cache.LOOKUP_EXACT, cache.LOOKUP_SEMANTIC, cache.STORE, cache.STATS, cache.FORGET, cache.CLEAR),
            *(cache.LOOKUP_VECTORS, cache.STORE_VECTORS),
        ),
        consumes=("cache_erase",),
    ),
    "optimizer": Access(serves=(optimizer.OPTIMIZE, optimizer.OPTIMIZE_TEXT)),
    "router": Access(serves=(router.ROUTE,), gets=(router.LEARNED,)),
    "analytics": Access(
        calls=(gateway.CHECK_BATCH,),
        serves=(
            *(analytics.OVERVIEW, analytics.SAVINGS, analytics.MODELS, analytics.LEVERS, analytics.REQUESTS),
            *(analytics.REQUEST, analytics.SPENT, analytics.CHARGED, analytics.EXPERIMENT, analytics.BREAKDOWN),
            analytics.LATENCIES,
        ),
        emits=(analytics.REQUESTS_LOGGED, events.PRICES_NOTICED),
        consumes=("analytics", "analytics_feedback", "analytics_erase"),
        watches=("analytics",),
        puts=(router.LEARNED,),
    ),
    "alerts": Access(
        calls=(auth.ORG_ADMINS,),
        serves=(
            *(alerts.LIST_RULES, alerts.PUT_RULE, alerts.GET_RULE, alerts.DELETE_RULE),
            *(alerts.LIST_EVENTS, alerts.TEST_RULE),
            *(alerts.LIST_WEBHOOKS, alerts.ADD_WEBHOOK, alerts.VERIFY_WEBHOOK, alerts.DELETE_WEBHOOK),
            alerts.FIND_WEBHOOK,
        ),
        consumes=("alerts", "alerts_erase", "alerts_guard", "alerts_budgets", "alerts_deferred", "alerts_prices"),
        watches=("alerts",),
    ),
    OPERATOR: Access(calls=(auth.RESET_PASSWORD, auth.REWRAP_KEYS, auth.GRANT_CREDITS, *map(status_of, SERVICES))),
}


def inbox(user: str) -> str:
    """Where answers to a user's questions arrive. Nobody else may listen there."""
    return f"_INBOX_{user}"


def publishes(user: str) -> tuple[str, ...]:
    """The subjects that a user may publish to, beside the answers to what it was asked."""
    own = ACCESS[user]
    return tuple(
        dict.fromkeys(
            [
                *(rpc.subject for rpc in own.calls),
                *(event.subject for event in own.emits),
                *(f"$KV.{bucket.name}.>" for bucket in own.puts),
                *(f"promptly.v1.tally.{tally.name}.>" for tally in own.adds),
                *_jetstream(user, own, Topology()),
            ]
        )
    )


def subscribes(user: str) -> tuple[str, ...]:
    """The subjects that a user may subscribe to."""
    own = ACCESS[user]
    served = [*own.serves, *([status_of(user)] if user in SERVICES else [])]
    return (f"{inbox(user)}.>", *(rpc.subject for rpc in served), *(event.subject for event in own.hears))


def _jetstream(user: str, own: Access, topology: Topology) -> Iterator[str]:
    api, stream = "$JS.API", topology.stream
    yield f"{api}.STREAM.INFO.{stream}"  # what time the server has
    for bucket in own.gets:
        yield f"{api}.DIRECT.GET.KV_{bucket.name}.>"
    for tally in own.reads:
        yield f"{api}.DIRECT.GET.{tally.name}.>"
    for bucket in own.deletes:
        yield f"{api}.STREAM.PURGE.KV_{bucket.name}"
    for consumer in own.consumes:
        yield f"{api}.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        yield f"{api}.CONSUMER.INFO.{stream}.{consumer}"
        yield f"$JS.ACK.{stream}.{consumer}.>"
        yield f"{DEAD_SUBJECT}.{consumer}.*"
    for consumer in own.watches:
        yield f"{api}.CONSUMER.INFO.{stream}.{consumer}"
    if user in OWNERS:
        kept = [f"KV_{bucket.name}" for bucket in topology.buckets] + [tally.name for tally in topology.tallies]
        for name in (stream, DEAD_LETTERS, *kept):
            for verb in ("CREATE", "UPDATE", "INFO"):
                yield f"{api}.STREAM.{verb}.{name}"
        for subject, consumers in topology.consumers.items():
            for consumer in consumers:
                yield f"{api}.CONSUMER.CREATE.{stream}.{consumer}.{subject}"
                yield f"{api}.CONSUMER.DURABLE.CREATE.{stream}.{consumer}"


def users_conf(password: Callable[[str], str]) -> str:
    """The part of a NATS server's configuration that names the users. `password` gives it as it stands there, quoted or
    as a variable.
    """
    lines = ["authorization {", "  users: ["]
    for user in USERS:
        lines += [
            f"    {{user: {user}, password: {password(user)}, permissions: {{",
            f"      publish: {{allow: [{_listed(publishes(user))}]}}",
            f"      subscribe: {{allow: [{_listed(subscribes(user))}]}}",
            # An answer to what was asked, and nothing else; the slowest call may take 30 s.
            '      allow_responses: {max: 1, expires: "1m"}',
            "    }}",
        ]
    return "\n".join([*lines, "  ]", "}", ""])


def _listed(subjects: Sequence[str]) -> str:
    return "".join(f'\n        "{subject}"' for subject in subjects) + "\n      "


def _write_again(path: Path) -> None:
    """Make the users of a configuration file anew, with passwords from the variables NATS_<USER>."""
    before = path.read_text().partition("authorization {")[0]
    path.write_text(before + users_conf(lambda user: f"$NATS_{user.upper()}"))


if __name__ == "__main__":
    _write_again(Path(sys.argv[1]))
