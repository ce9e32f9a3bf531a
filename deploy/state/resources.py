"""How the parts of a state file that come in lists are read from the API and written to it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from libs.common.contracts.alerts import mask_secret, mask_url
from libs.common.keys import last_four

Fields = dict[str, Any]


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A value that an environment variable has; None where it is not set. `shown` is what the API would show of it."""

    reference: str
    value: str | None
    shown: str


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A list of the API: its path, the name of the list in its answer, and how one of it is changed. `fields` makes an item into
    the fields of the file, `body` the fields to send, with the item as it is now, into a body. `identity` are the fields
    that tell one from another; of several that are the same the order does.
    """

    section: str
    path: str
    items: str
    update: str
    identity: tuple[str, ...]
    fields: Callable[[Mapping[str, Any]], Fields]
    body: Callable[[Fields, Mapping[str, Any] | None], Fields]
    needed: tuple[str, ...] = ()
    secrets: Mapping[str, Callable[[str], str]] = {}


def _plain(*names: str) -> Callable[[Mapping[str, Any]], Fields]:
    return lambda item: {name: item[name] for name in names}


def _unchanged(fields: Fields, _: Mapping[str, Any] | None) -> Fields:
    return dict(fields)


def _provider_fields(item: Mapping[str, Any]) -> Fields:
    return {
        "provider": item["provider"],
        "name": item["label"],
        "api_key": item["last_four"],
        "base_url": item["base_url"],
        "models": item["models"],
    }


def _provider_body(fields: Fields, item: Mapping[str, Any] | None) -> Fields:
    body = {name: value for name, value in fields.items() if name not in ("name", "provider")}
    return body if item is not None else body | {"label": fields["name"], "provider": fields["provider"]}


def _key_fields(item: Mapping[str, Any]) -> Fields:
    until = item["expires_at"]
    return {
        "name": item["name"],
        "scopes": sorted(item["scopes"]),
        "rpm": item["rpm"],
        "monthly_budget_usd": item["monthly_budget_usd"],
        "expires_at": None if until is None else datetime.fromisoformat(until),
        "team": item["team"],
    }


_BUDGET: Final = ("name", "subject", "tag", "period", "limit_usd", "on_exceed")


def _budget_fields(item: Mapping[str, Any]) -> Fields:
    """Keys and teams by their names, so that the file says the same of another organization."""
    return _plain(*_BUDGET)(item) | {"value": item["value_name"] or item["value"]}


_ALERT: Final = (
    "name",
    "metric",
    "operator",
    "threshold",
    "channels",
    "window_minutes",
    "cooldown_minutes",
    "is_active",
)


def _alert_fields(item: Mapping[str, Any]) -> Fields:
    webhook, slack = item["channel_config"].get("webhook"), item["channel_config"].get("slack")
    scope = item["scope"]
    return _plain(*_ALERT)(item) | {
        "scope": {"by": scope["by"], "value": scope["name"] or scope["value"], "tag": scope["tag"]},
        "webhook_url": webhook and webhook["url"],
        "webhook_secret": webhook and webhook["secret"],
        "slack_url": slack and slack["url"],
    }


def _alert_body(fields: Fields, item: Mapping[str, Any] | None) -> Fields:
    """Where a channel leads is put whole: what the file does not change is given as it was shown, and so stays."""
    own = (*_ALERT, "scope")
    body = {name: value for name, value in fields.items() if name in own}
    leads = {name: value for name, value in fields.items() if name not in own}
    if not leads:
        return body
    now = _alert_fields(item) if item is not None else {}
    webhook, slack = (leads.get(name, now.get(name)) for name in ("webhook_url", "slack_url"))
    secret = leads.get("webhook_secret", now.get("webhook_secret")) or ""
    config: Fields = {}
    if webhook is not None:
        config["webhook"] = {"url": webhook, "secret": secret}
    if slack is not None:
        config["slack"] = {"url": slack}
    return body | {"channel_config": config}


RESOURCES: Final[tuple[Resource, ...]] = (
    Resource(
        section="providers",
        path="/api/keys/providers",
        items="keys",
        update="PUT",
        identity=("provider", "name"),
        fields=_provider_fields,
        body=_provider_body,
        needed=("api_key",),
        secrets={"api_key": last_four},
    ),
    Resource(
        section="rules",
        path="/api/routing/rules",
        items="rules",
        update="PUT",
        identity=("name",),
        fields=_plain("name", "condition_type", "condition_value", "action", "action_value", "priority"),
        body=_unchanged,
        needed=("condition_type", "action", "action_value"),
    ),
    Resource(
        section="teams",
        path="/api/teams",
        items="teams",
        update="PATCH",
        identity=("name",),
        fields=_plain("name"),
        body=_unchanged,
    ),
    Resource(
        section="keys",
        path="/api/keys/platform",
        items="keys",
        update="PATCH",
        identity=("name",),
        fields=_key_fields,
        body=_unchanged,
    ),
    Resource(
        section="budgets",
        path="/api/budgets",
        items="budgets",
        update="PATCH",
        identity=("name",),
        fields=_budget_fields,
        body=_unchanged,
        needed=("subject", "period", "limit_usd"),
    ),
    Resource(
        section="alerts",
        path="/api/alerts/rules",
        items="rules",
        update="PUT",
        identity=("name",),
        fields=_alert_fields,
        body=_alert_body,
        needed=("metric", "operator", "threshold"),
        secrets={"webhook_url": mask_url, "webhook_secret": mask_secret, "slack_url": mask_url},
    ),
)
