"""Every route of the dashboard's API, and what each kind of caller gets from it.

In a path, `{…}` names an object of the organization whose admin, member and viewer are asking; `elsewhere` is an admin of
another organization, `nobody` sends no token. Services that auth would ask are away: 503 comes after the gate, 403 and 401
are the gate.
"""

from dataclasses import dataclass
from typing import Any

from tests.integration.auth.conftest import PASSWORD
from tests.integration.auth.test_configuration import RULE
from tests.integration.auth.test_keys import OPENAI_KEY

WEBHOOK = {"name": "night-jobs", "url": "https://jobs.example.com/done"}
ALERT_RULE = {"name": "High daily spend", "metric": "daily_spend", "operator": "gt", "threshold": 50.0}
PROVIDER_KEY = {"provider": "openai", "api_key": OPENAI_KEY}
ISSUER = {"issuer": "https://127.0.0.1", "audience": "promptly", "key_id": "key_" + "0" * 32}
CONTROL_KEY = {"name": "terraform", "scopes": ["settings"]}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
BUDGET = {"name": "b", "subject": "user", "period": "day", "limit_usd": 5}
TOKEN = {"token": "x" * 43, "password": PASSWORD}
CHANGE = {"old_password": PASSWORD, "new_password": "another-password"}


@dataclass(frozen=True)
class Row:
    """A request, and the status that each caller gets."""

    method: str
    path: str
    body: Any
    admin: int
    member: int
    viewer: int
    elsewhere: int
    nobody: int = 401


def public(method: str, path: str, body: Any, status: int) -> Row:
    """A route that looks at no token."""
    return Row(method, path, body, status, status, status, status, status)


CACHE_FEEDBACK = {"entry_id": "0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21", "wrong": True}


def read(path: str, status: int = 200, method: str = "GET", body: Any = None) -> Row:
    """A route that every role may use, each on what is its own organization's."""
    return Row(method, path, body, status, status, status, status)


ROUTES = [
    public("GET", "/api/openapi.json", None, 200),
    public("POST", "/api/auth/register", {"org_name": "n", "email": "no address", "password": PASSWORD}, 400),
    public("POST", "/api/auth/login", {"email": "nobody@example.com"}, 400),
    public("POST", "/api/auth/password/reset", {"email": "nobody@example.com"}, 202),
    public("POST", "/api/auth/password/reset/confirm", TOKEN, 400),
    public("POST", "/api/auth/invite/accept", TOKEN, 400),
    read("/api/auth/verify", 400, "POST", {"token": "x"}),
    read("/api/auth/verify/mail", 202, "POST"),
    public("GET", "/api/auth/oauth/{source}", None, 404),
    public("GET", "/api/auth/oauth/{source}/callback", None, 400),
    public("POST", "/api/auth/oauth/exchange", {"code": "x"}, 400),
    read("/api/auth/oauth/{source}/link", 404, "POST"),
    public("GET", "/api/auth/options", None, 200),
    read("/api/auth/me"),
    read("/api/auth/sign-ins"),
    read("/api/auth/logout", 204, "POST"),
    Row("POST", "/api/auth/password", CHANGE, 200, 400, 400, 200),  # whoever only joined for a test has no password
    read("/api/org"),
    Row("PUT", "/api/org", {"name": "n"}, 200, 403, 403, 200),
    Row("DELETE", "/api/org", {"name": "not its name"}, 400, 403, 403, 400),
    Row("DELETE", "/api/org", {"name": "My Company"}, 204, 403, 403, 204),
    read("/api/team/members"),
    read("/api/team/roles"),
    Row("PUT", "/api/team/members/{user_id}", {"role": "member"}, 200, 403, 403, 404),
    Row("DELETE", "/api/team/members/{user_id}", None, 204, 403, 403, 404),
    Row("POST", "/api/team/invite", {"email": "invited@example.com", "role": "viewer"}, 201, 403, 403, 201),
    Row("GET", "/api/team/invites", None, 200, 403, 403, 200),
    Row("DELETE", "/api/team/invites/{invite_id}", None, 204, 403, 403, 404),
    read("/api/status"),
    read("/api/keys/platform"),
    Row("POST", "/api/keys/platform", {"name": "k"}, 201, 201, 403, 201),
    Row("POST", "/api/keys/platform/regenerate", None, 200, 403, 403, 200),
    Row("PATCH", "/api/keys/platform/{key_id}", {"rpm": 9}, 200, 403, 403, 404),
    Row("PATCH", "/api/keys/platform/{members_key_id}", {"rpm": 9}, 200, 200, 403, 404),
    Row("GET", "/api/keys/control", None, 200, 403, 403, 200),
    Row("POST", "/api/keys/control", CONTROL_KEY, 201, 403, 403, 201),
    Row("DELETE", "/api/keys/control/{control_key_id}", None, 204, 403, 403, 404),
    Row("DELETE", "/api/keys/platform/{key_id}", None, 204, 403, 403, 404),
    Row("DELETE", "/api/keys/platform/{members_key_id}", None, 204, 204, 403, 404),
    read("/api/keys/providers"),
    Row("POST", "/api/keys/providers", PROVIDER_KEY, 201, 403, 403, 201),
    Row("PUT", "/api/keys/providers/{provider_key_id}", {"label": "l"}, 200, 403, 403, 404),
    Row("DELETE", "/api/keys/providers/{provider_key_id}", None, 204, 403, 403, 404),
    Row("POST", "/api/keys/providers/{provider_key_id}/test", None, 503, 403, 403, 404),
    Row("GET", "/api/issuers", None, 200, 403, 403, 200),
    Row("POST", "/api/issuers", ISSUER, 400, 403, 403, 400),
    Row("DELETE", "/api/issuers/{issuer_id}", None, 404, 403, 403, 404),
    read("/api/optimization/settings"),
    Row("PUT", "/api/optimization/settings", {"level": "off"}, 200, 403, 403, 200),
    read("/api/optimization/cache/stats", 503),
    Row("POST", "/api/optimization/cache/clear", None, 503, 403, 403, 503),
    read("/api/optimization/preview", 503, "POST", CHAT),
    read("/api/optimization/cache/hits", 503),
    Row("POST", "/api/optimization/cache/feedback", CACHE_FEEDBACK, 503, 503, 403, 503),
    read("/api/routing/config"),
    Row("PUT", "/api/routing/config", {}, 200, 403, 403, 200),
    read("/api/routing/aliases"),
    Row("PUT", "/api/routing/aliases", {"aliases": {}}, 200, 403, 403, 200),
    read("/api/routing/rules"),
    Row("POST", "/api/routing/rules", RULE, 201, 403, 403, 201),
    Row("PUT", "/api/routing/rules/order", {"rule_ids": []}, 200, 403, 403, 200),
    Row("PUT", "/api/routing/rules/{rule_id}", {"name": "n"}, 200, 403, 403, 404),
    Row("DELETE", "/api/routing/rules/{rule_id}", None, 204, 403, 403, 404),
    read("/api/teams"),
    Row("POST", "/api/teams", {"name": "t"}, 201, 403, 403, 201),
    Row("PATCH", "/api/teams/{team_id}", {"name": "t2"}, 200, 403, 403, 404),
    Row("DELETE", "/api/teams/{team_id}", None, 204, 403, 403, 404),
    Row("GET", "/api/teams/{team_id}", None, 200, 403, 200, 404),
    Row("PUT", "/api/teams/{team_id}/members/{user_id}", None, 204, 403, 403, 404),
    Row("DELETE", "/api/teams/{team_id}/members/{user_id}", None, 204, 403, 403, 404),
    read("/api/budgets"),
    Row("POST", "/api/budgets", BUDGET, 201, 403, 403, 201),
    Row("PATCH", "/api/budgets/{budget_id}", {"limit_usd": 2}, 200, 403, 403, 404),
    Row("DELETE", "/api/budgets/{budget_id}", None, 204, 403, 403, 404),
    read("/api/routing/preview", 400, "POST", CHAT),  # no provider is connected
    read("/api/analytics/overview", 503),
    read("/api/analytics/savings", 503),
    read("/api/analytics/models", 503),
    read("/api/analytics/levers", 503),
    read("/api/analytics/latencies", 503),
    read("/api/analytics/breakdown", 400),
    read("/api/analytics/breakdown.csv", 400),
    read("/api/requests", 503),
    read("/api/requests/export.csv", 503),
    read("/api/requests/stream"),
    read("/api/requests/{request_id}", 503),
    read("/api/alerts/rules", 503),
    Row("POST", "/api/alerts/rules", ALERT_RULE, 503, 503, 403, 503),
    Row("PUT", "/api/alerts/rules/{alert_id}", {}, 503, 503, 403, 503),
    Row("DELETE", "/api/alerts/rules/{alert_id}", None, 503, 503, 403, 503),
    Row("POST", "/api/alerts/rules/{alert_id}/test", None, 503, 503, 403, 503),
    read("/api/alerts/events", 503),
    read("/api/webhooks", 503),
    Row("POST", "/api/webhooks", WEBHOOK, 503, 403, 403, 503),
    Row("POST", "/api/webhooks/{webhook_id}/verify", None, 503, 403, 403, 503),
    Row("DELETE", "/api/webhooks/{webhook_id}", None, 503, 403, 403, 503),
    read("/api/experiments/holdout"),
    Row("PUT", "/api/experiments/holdout", {"share": 0.05}, 200, 403, 403, 200),
    read("/api/experiments/holdout/results", 503),
    Row("GET", "/api/audit-log", None, 200, 403, 403, 200),
    Row("GET", "/api/reports", None, 200, 403, 403, 200),
    Row("PUT", "/api/reports", {"monthly": False}, 200, 403, 403, 200),
    Row("GET", "/api/reports/preview", None, 503, 403, 403, 503),
    Row("GET", "/api/captures", None, 503, 403, 403, 503),
    Row("GET", "/api/captures/{request_id}", None, 503, 403, 403, 503),
    Row("DELETE", "/api/captures/{request_id}", None, 503, 403, 403, 503),
    Row("DELETE", "/api/captures", None, 503, 403, 403, 503),
    Row("POST", "/api/replay", {}, 503, 403, 403, 503),
    read("/api/billing/credits"),
    Row("GET", "/api/billing/purchases", None, 200, 403, 403, 200),
    Row("POST", "/api/billing/credits/checkout", {"amount_gbp": 25.0}, 404, 403, 403, 404),
    public("POST", "/api/billing/webhook", {}, 404),
]
