"""What the routes do not say of themselves: the shapes that go in and come out, and how each may fail on its own account.

What follows from a route's form is not repeated here: see `document`.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.cache import CacheStats, Cleared
from libs.common.contracts.gateway import ProviderKeyTested
from services.auth.configuration import Routing
from services.auth.domain.preview import ChatBody
from services.auth.http import accounts, alerts, analytics, billing, configuration, keys, oauth, optimization, team
from services.auth.http.openapi import answers, figures, savings
from services.auth.http.openapi import billing as money
from services.auth.taking_back import TakenBack


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route: its answer (None: no body), how it may fail, and what else can be said of it."""

    answer: Any = None
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    fails: tuple[int, ...] = ()
    media_type: str = "application/json"
    body_required: bool = True
    redirects: bool = False
    headers: tuple[dict[str, Any], ...] = ()


def _put(body: type[msgspec.Struct], answer: Any, *fails: int) -> Operation:
    return Operation(body=body, answer=answer, fails=fails)


OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("GET", "/api/openapi.json"): Operation(answer=dict[str, Any]),
    ("POST", "/api/auth/register"): _put(accounts.Register, answers.Registered, 403, 409, 429, 503),
    ("POST", "/api/auth/login"): _put(accounts.Login, answers.SignedIn, 401, 429, 503),
    ("GET", "/api/auth/options"): Operation(answer=answers.EntryOptions, fails=(503,)),
    ("GET", "/api/auth/me"): Operation(answer=answers.Me),
    ("GET", "/api/auth/sign-ins"): Operation(answer=answers.SignIns),
    ("POST", "/api/auth/logout"): Operation(),
    ("POST", "/api/auth/password"): _put(accounts.PasswordChange, answers.SignedIn, 429),
    ("POST", "/api/auth/password/reset"): _put(accounts.ResetBody, answers.Told, 429, 503),
    ("POST", "/api/auth/password/reset/confirm"): _put(accounts.ResetConfirmBody, None, 503),
    ("POST", "/api/auth/verify"): _put(accounts.VerifyBody, None),
    ("POST", "/api/auth/verify/mail"): Operation(answer=answers.Told, fails=(429,)),
    ("POST", "/api/auth/invite/accept"): _put(team.AcceptBody, answers.SignedIn, 403, 409, 503),
    ("GET", "/api/auth/oauth/{source}"): Operation(redirects=True),
    ("GET", "/api/auth/oauth/{source}/callback"): Operation(
        redirects=True, query=oauth.CallbackQuery, fails=(401, 403, 409, 502, 503)
    ),
    ("POST", "/api/auth/oauth/{source}/link"): Operation(answer=answers.Leaving),
    ("POST", "/api/auth/oauth/exchange"): _put(oauth.ExchangeBody, answers.SignedIn, 401, 503),
    ("GET", "/api/org"): Operation(answer=answers.Org),
    ("PUT", "/api/org"): _put(accounts.OrgChange, answers.Org),
    ("DELETE", "/api/org"): _put(accounts.OrgChange, None),
    ("GET", "/api/team/members"): Operation(answer=answers.Members),
    ("PUT", "/api/team/members/{user_id}"): _put(team.RoleBody, answers.User, 409),
    ("DELETE", "/api/team/members/{user_id}"): Operation(fails=(409,)),
    ("POST", "/api/team/invite"): _put(team.InviteBody, answers.NewInvite, 409),
    ("GET", "/api/team/invites"): Operation(answer=answers.Invites),
    ("DELETE", "/api/team/invites/{invite_id}"): Operation(),
    ("GET", "/api/status"): Operation(answer=answers.SystemState),
    ("GET", "/api/keys/platform"): Operation(answer=answers.Keys),
    ("POST", "/api/keys/platform"): _put(keys.KeyBody, answers.NewKey),
    ("POST", "/api/keys/platform/regenerate"): Operation(
        body=keys.RegenerateBody, body_required=False, answer=answers.NewKey, fails=(404,)
    ),
    ("DELETE", "/api/keys/platform/{key_id}"): Operation(),
    ("GET", "/api/keys/providers"): Operation(answer=answers.ProviderKeys),
    ("POST", "/api/keys/providers"): _put(keys.ProviderKeyBody, answers.ProviderKey),
    ("PUT", "/api/keys/providers/{key_id}"): _put(keys.ProviderKeyChangeBody, answers.ProviderKey),
    ("DELETE", "/api/keys/providers/{key_id}"): Operation(),
    ("POST", "/api/keys/providers/{key_id}/test"): Operation(answer=ProviderKeyTested),
    ("GET", "/api/optimization/settings"): Operation(answer=OptimizationSettings),
    ("PUT", "/api/optimization/settings"): _put(optimization.SettingsChange, OptimizationSettings),
    ("GET", "/api/optimization/cache/stats"): Operation(answer=CacheStats),
    ("POST", "/api/optimization/cache/clear"): Operation(answer=Cleared),
    ("POST", "/api/optimization/preview"): Operation(body=ChatBody, answer=savings.Preview, headers=(savings.LEVEL,)),
    ("GET", "/api/optimization/cache/hits"): Operation(query=optimization.HitsQuery, answer=savings.Hits),
    ("POST", "/api/optimization/cache/feedback"): _put(optimization.CacheFeedback, TakenBack, 404),
    ("GET", "/api/routing/config"): Operation(answer=Routing),
    ("PUT", "/api/routing/config"): _put(configuration.RoutingChange, Routing),
    ("GET", "/api/routing/rules"): Operation(answer=answers.Rules),
    ("POST", "/api/routing/rules"): _put(configuration.RuleBody, answers.Rule),
    ("PUT", "/api/routing/rules/order"): _put(configuration.RuleOrder, answers.Rules, 409),
    ("PUT", "/api/routing/rules/{rule_id}"): _put(configuration.RuleChangeBody, answers.Rule),
    ("DELETE", "/api/routing/rules/{rule_id}"): Operation(),
    ("POST", "/api/routing/preview"): _put(ChatBody, answers.Route),
    ("GET", "/api/analytics/overview"): Operation(query=analytics.PeriodQuery, answer=figures.Overview),
    ("GET", "/api/analytics/savings"): Operation(query=analytics.SavingsQuery, answer=figures.Savings),
    ("GET", "/api/analytics/models"): Operation(query=analytics.PeriodQuery, answer=figures.Models),
    ("GET", "/api/analytics/levers"): Operation(query=analytics.PeriodQuery, answer=figures.Levers),
    ("GET", "/api/requests"): Operation(query=analytics.LogQuery, answer=figures.LogPage),
    ("GET", "/api/requests/export.csv"): Operation(query=analytics.LogFilter, answer=str, media_type="text/csv"),
    ("GET", "/api/requests/stream"): Operation(
        query=analytics.LogFilter, answer=str, media_type="text/event-stream", fails=(429,)
    ),
    ("GET", "/api/requests/{request_id}"): Operation(answer=figures.LogDetail),
    ("GET", "/api/alerts/rules"): Operation(answer=figures.AlertRules),
    ("POST", "/api/alerts/rules"): _put(alerts.AlertRuleBody, figures.AlertRule),
    ("PUT", "/api/alerts/rules/{rule_id}"): _put(alerts.AlertRuleChange, figures.AlertRule),
    ("DELETE", "/api/alerts/rules/{rule_id}"): Operation(),
    ("POST", "/api/alerts/rules/{rule_id}/test"): Operation(answer=figures.AlertTested),
    ("GET", "/api/billing/credits"): Operation(answer=money.CreditsLeft),
    ("GET", "/api/billing/purchases"): Operation(answer=money.Purchases),
    ("POST", "/api/billing/credits/checkout"): _put(billing.CheckoutBody, money.CheckoutOpened, 404),
    ("POST", "/api/billing/webhook"): Operation(
        answer=money.Received, fails=(400, 404, 413), headers=(money.SIGNATURE,)
    ),
    ("GET", "/api/alerts/events"): Operation(query=alerts.EventsQuery, answer=figures.AlertEvents),
}
