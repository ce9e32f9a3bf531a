"""What has to be called so that an organization is as its file says. Pure: the file and the API's answers in, calls out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from deploy.state.model import State, given
from deploy.state.resources import RESOURCES, Fields, Resource, Secret

SETTINGS: Final = "/api/optimization/settings"
HOLDOUT: Final = "/api/experiments/holdout"
ROUTING: Final = "/api/routing/config"
ALIASES: Final = "/api/routing/aliases"
Answers = Mapping[str, Any]


class PlanError(Exception):
    """The file cannot be applied to this organization; the message says why."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the API."""

    method: str
    path: str
    body: Fields | None = None


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A field before and after. Secrets stand here as the names of their variables."""

    name: str
    before: Any
    after: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the organization that is to be made, changed or deleted; `what` is for people."""

    what: str
    kind: Literal["create", "change", "delete"]
    fields: tuple[FieldChange, ...] = ()
    calls: tuple[Call, ...]
    makes_key: bool = False


def paths() -> tuple[str, ...]:
    """What has to be read for a plan or an export."""
    return (SETTINGS, ROUTING, ALIASES, *(resource.path for resource in RESOURCES))


def plan(state: State, answers: Answers, environment: Mapping[str, str], *, prune: bool = False) -> list[Change]:
    """The changes in the order in which they are to be made: deletions come last. `PlanError` where a secret is missing."""
    lists = [(resource, getattr(state, resource.section)) for resource in RESOURCES]
    found: list[Change] = []
    deletions: list[list[Change]] = []
    for resource, parts in lists:
        if parts is UNSET:
            continue
        now = answers[resource.path][resource.items]
        wanted = [_secrets_read(resource, given(part), environment) for part in parts]
        pairs, left = _paired(resource, wanted, now)
        for fields, item in pairs:
            found += _made(resource, fields) if item is None else _changed(resource, fields, item)
        if prune:
            deletions.append([_deleted(resource, item) for item in left])
    if state.settings is not UNSET:
        found += _settings(given(state.settings), answers[SETTINGS])
    if state.tiers is not UNSET:
        found += _tiers(state.tiers, answers[ROUTING], prune=prune)
    if state.aliases is not UNSET:
        found += _aliases(
            msgspec.json.decode(msgspec.json.encode(state.aliases)), answers[ALIASES]["aliases"], prune=prune
        )
    # A budget goes before the team that it names.
    return found + [change for group in reversed(deletions) for change in group]


def exported(answers: Answers) -> dict[str, Any]:
    """The organization as a file holds it: without secrets, of which the API shows only the endings."""
    data: dict[str, Any] = {
        resource.section: [_without_secrets(resource, item) for item in answers[resource.path][resource.items]]
        for resource in RESOURCES
    }
    tiers = _own_tiers(answers[ROUTING])
    order = {"providers": data.pop("providers"), "settings": dict(answers[SETTINGS]), "tiers": tiers}
    return order | {"aliases": dict(answers[ALIASES]["aliases"])} | data


def _without_secrets(resource: Resource, item: Mapping[str, Any]) -> Fields:
    fields = {name: value for name, value in resource.fields(item).items() if name not in resource.secrets}
    if resource.section == "providers":
        fields = {name: value for name, value in fields.items() if value or name == "name"}
    return {name: _written(value) for name, value in fields.items()}


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _secrets_read(resource: Resource, fields: Fields, environment: Mapping[str, str]) -> Fields:
    for name in ("monthly_budget_usd", "limit_usd"):
        if fields.get(name) is not None:
            fields[name] = round(fields[name], 9)  # what is kept is whole nano-dollars
    if isinstance(address := fields.get("base_url"), str) and address.startswith("env:"):
        fields["base_url"] = environment.get(address.removeprefix("env:"))
        if not fields["base_url"]:
            raise PlanError(f"{_named(resource, fields)} names {address} as its address, and that variable is not set.")
    if "scopes" in fields:
        fields["scopes"] = sorted(set(fields["scopes"]))
    for name, show in resource.secrets.items():
        if isinstance(reference := fields.get(name), str):
            value = environment.get(reference.removeprefix("env:")) or None
            try:
                fields[name] = Secret(reference=reference, value=value, shown="" if value is None else show(value))
            except ValueError:
                raise PlanError(f"{reference} is no URL, and {name} has to be one.") from None
    return fields


def _identity(resource: Resource, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(fields[name] for name in resource.identity)


def _paired(
    resource: Resource, wanted: Sequence[Fields], now: Sequence[Mapping[str, Any]]
) -> tuple[list[tuple[Fields, Mapping[str, Any] | None]], list[Mapping[str, Any]]]:
    """Each that is wanted with the one that there is, and those that nobody wants. The n-th of a name goes with the n-th."""
    there: dict[tuple[Any, ...], Mapping[str, Any]] = dict(
        _counted(resource, [(resource.fields(item), item) for item in now])
    )
    named = _counted(resource, [(fields, fields) for fields in wanted])
    pairs = [(fields, there.pop(key, None)) for key, fields in named]
    return pairs, list(there.values())


def _counted(resource: Resource, items: Sequence[tuple[Fields, Any]]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    seen: Counter[tuple[Any, ...]] = Counter()
    for fields, item in items:
        identity = _identity(resource, fields)
        yield (*identity, seen[identity]), item
        seen[identity] += 1


def _made(resource: Resource, fields: Fields) -> Iterator[Change]:
    what = _named(resource, fields)
    for name in resource.needed:
        if name not in fields:
            raise PlanError(f"{what} is new, and needs {name}.")
    for value in fields.values():
        if isinstance(value, Secret) and value.value is None:
            raise PlanError(
                f"{what} is new, and the environment variable {value.reference.removeprefix('env:')} is not set."
            )
    yield Change(
        what=what,
        kind="create",
        fields=tuple(
            FieldChange(name=name, before=None, after=_shown(value))
            for name, value in fields.items()
            if name not in resource.identity
        ),
        calls=(Call(method="POST", path=resource.path, body=resource.body(_opened(fields), None)),),
        makes_key=resource.section == "keys",
    )


def _changed(resource: Resource, fields: Fields, item: Mapping[str, Any]) -> Iterator[Change]:
    now = resource.fields(item)
    other = {name: value for name, value in fields.items() if not _same(now[name], value)}
    if not other:
        return
    sent, what = dict(other), _named(resource, fields)
    if resource.section == "providers" and "base_url" in other and "api_key" not in other:
        # Whoever may change the address must not have the stored key sent there: the API wants the key along with it.
        key = fields.get("api_key")
        if not isinstance(key, Secret) or key.value is None:
            raise PlanError(f"{what} gets another base_url, and needs its api_key (env:NAME) along with it.")
        sent["api_key"] = key
    path = f"{resource.path}/{item['id']}"
    changes = (
        FieldChange(
            name=name, before="another" if isinstance(value, Secret) else _written(now[name]), after=_shown(value)
        )
        for name, value in other.items()
    )
    body = resource.body(_opened(sent), item)
    yield Change(
        what=what, kind="change", fields=tuple(changes), calls=(Call(method=resource.update, path=path, body=body),)
    )


def _deleted(resource: Resource, item: Mapping[str, Any]) -> Change:
    call = Call(method="DELETE", path=f"{resource.path}/{item['id']}")
    return Change(what=_named(resource, resource.fields(item)), kind="delete", calls=(call,))


def _settings(wanted: Fields, now: Mapping[str, Any]) -> Iterator[Change]:
    other = {name: value for name, value in wanted.items() if now.get(name) != value}
    if not other:
        return
    changes = tuple(FieldChange(name=name, before=now.get(name), after=value) for name, value in other.items())
    holdout = {
        field: other.pop(name)
        for name, field in (("holdout_share", "share"), ("lever_shares", "levers"))
        if name in other
    }
    calls = [Call(method="PUT", path=SETTINGS, body=other)] if other else []
    if holdout:
        calls.append(Call(method="PUT", path=HOLDOUT, body=holdout))
    yield Change(what="settings", kind="change", fields=changes, calls=tuple(calls))


def _own_tiers(routing: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The models that differ from the defaults."""
    found = {}
    for provider, models in routing["tiers"].items():
        defaults = routing["default_tiers"].get(provider, {})
        own = {tier: model for tier, model in models.items() if defaults.get(tier) != model}
        if own:
            found[provider] = own
    return found


def _tiers(wanted: Mapping[Any, Mapping[Any, str]], routing: Mapping[str, Any], *, prune: bool) -> Iterator[Change]:
    own, defaults = _own_tiers(routing), routing["default_tiers"]
    changes: list[FieldChange] = []
    first: dict[str, None] = {}
    then: dict[str, Fields] = {}
    for provider in sorted({*wanted, *(own if prune else ())}):
        before = {**defaults.get(provider, {}), **own.get(provider, {})}
        kept = defaults.get(provider, {}) if prune else before
        after = {**kept, **wanted.get(provider, {})}
        if before == after:
            continue
        changes += [
            FieldChange(name=f"{provider}.{tier}", before=before.get(tier), after=after.get(tier))
            for tier in sorted({*before, *after})
            if before.get(tier) != after.get(tier)
        ]
        if prune and own.get(provider):
            first[provider] = None
        if provider in wanted:
            then[provider] = dict(wanted[provider])
    calls = [Call(method="PUT", path=ROUTING, body={"tiers": body}) for body in (first, then) if body]
    if changes:
        yield Change(what="tiers", kind="change", fields=tuple(changes), calls=tuple(calls))


def _aliases(wanted: Mapping[str, Any], now: Mapping[str, Any], *, prune: bool) -> Iterator[Change]:
    """One call has them all, so what is not in the file goes along."""
    after = {**({} if prune else now), **wanted}
    changes = tuple(
        FieldChange(name=name, before=now.get(name), after=after.get(name))
        for name in sorted({*now, *after})
        if now.get(name) != after.get(name)
    )
    if changes:
        call = Call(method="PUT", path=ALIASES, body={"aliases": after})
        yield Change(what="aliases", kind="change", fields=changes, calls=(call,))


def _same(now: Any, wanted: Any) -> bool:
    """A secret is taken for the same where it ends the same; one whose variable is not set is left as it is."""
    if isinstance(wanted, Secret):
        return wanted.value is None or now == wanted.shown
    return bool(now == wanted)


def _opened(fields: Fields) -> Fields:
    return {name: value.value if isinstance(value, Secret) else _written(value) for name, value in fields.items()}


def _shown(value: Any) -> Any:
    return value.reference if isinstance(value, Secret) else _written(value)


def _named(resource: Resource, fields: Mapping[str, Any]) -> str:
    return f"{resource.section}: {' '.join(str(part) for part in _identity(resource, fields) if part)}"
