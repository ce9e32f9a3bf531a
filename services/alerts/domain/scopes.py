"""Which requests a rule watches: all of an organization, or those that have something in common."""

import re
from collections.abc import Mapping
from typing import Final, get_args

from libs.common.contracts.alerts import AlertScope, ScopeKind
from libs.common.contracts.events import CompletionFinished, RequestKind
from libs.common.errors import BadRequest
from libs.common.ids import is_id

_LONGEST: Final = 256
_TAG: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_IDS: Final[Mapping[ScopeKind, str]] = {"key": "key", "team": "team"}


def check_scope(scope: AlertScope) -> None:
    """`BadRequest`, naming the field, for a scope that no request could have."""
    if (scope.tag is not None) != (scope.by == "tag") or (scope.tag is not None and not _TAG.fullmatch(scope.tag)):
        raise BadRequest("scope.tag is a tag's name, and goes with tag alone.", param="scope.tag")
    if scope.by == "organization":
        if scope.value:
            raise BadRequest("A rule for the whole organization names no scope.value.", param="scope.value")
    elif not 1 <= len(scope.value) <= _LONGEST or "\x00" in scope.value:
        raise BadRequest(f"scope.value has 1 to {_LONGEST} characters.", param="scope.value")
    elif scope.by in _IDS and not is_id(scope.value, _IDS[scope.by]):
        raise BadRequest(f"scope.value is the id of a {scope.by}.", param="scope.value")
    elif scope.by == "endpoint" and scope.value not in get_args(RequestKind):
        raise BadRequest(f"scope.value is one of {', '.join(get_args(RequestKind))}.", param="scope.value")


def counted_as(scope: AlertScope) -> str:
    """The name under which the requests of a scope are counted; empty for the whole organization, whose are counted anyway."""
    if scope.by == "organization":
        return ""
    return f"tag:{scope.tag}={scope.value}" if scope.by == "tag" else f"{scope.by}:{scope.value}"


def scopes_of(event: CompletionFinished) -> tuple[str, ...]:
    """All names under which a request may be counted; of models the one that served, as in breakdowns."""
    values = {
        "key": event.key_id,
        "team": event.team_id,
        "user": event.end_user,
        "model": event.served_model or event.routed_model,
        "endpoint": event.kind,
    }
    found = [f"{by}:{value}" for by, value in values.items() if value]
    found += [f"tag:{name}={value}" for name, value in event.tags.items()]
    return tuple(name for name in found if "\x00" not in name)  # Postgres cannot hold it, and no rule has it


def only(scope: AlertScope) -> str:
    """Such as " (only the model gpt-4o)"; empty for the whole organization."""
    if scope.by == "organization":
        return ""
    named = f"{scope.tag}={scope.value}" if scope.by == "tag" else f"the {scope.by} {scope.name or scope.value}"
    return f" (only {' '.join(named.split())})"
