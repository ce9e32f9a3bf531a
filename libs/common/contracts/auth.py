"""What auth answers and says: who calls, with which settings, rules, limits and sealed provider keys."""

from typing import Final, Literal

import msgspec

from libs.common.contracts import levers
from libs.common.contracts.base import Event, Rpc, SharedCounter
from libs.common.contracts.providers import ProviderName

Level = levers.Level
RoutingMode = levers.RoutingMode
Capture = levers.Capture
OptimizationSettings = levers.OptimizationSettings
Tier = Literal["simple", "medium", "complex"]
Scope = Literal["chat", "optimize"]


class RuleCondition(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at. `keywords` goes with "keyword"; `operator` and `value` (tokens) with "token_count"."""

    type: Literal["keyword", "token_count", "always"]
    keywords: tuple[str, ...] = ()
    operator: Literal["gt", "lt", "gte", "lte"] | None = None
    value: int | None = None


class RoutingRule(msgspec.Struct, frozen=True, kw_only=True):
    """One custom rule. They arrive in the order in which they are tried: priority first, then age."""

    id: str
    name: str
    condition: RuleCondition
    action: Literal["use_model", "force_tier"]
    action_value: str
    priority: int = 0


class ProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A provider key, sealed: only the gateway opens it. `models` is set for `openai_compatible` servers."""

    id: str
    provider: ProviderName
    sealed: str
    base_url: str | None = None
    models: tuple[str, ...] = ()


class WeightedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that an alias stands for, in so many parts of all."""

    model: str
    weight: int = 1


class ModelAlias(msgspec.Struct, frozen=True, kw_only=True):
    """What a name of an organization's own stands for: each conversation gets one of `models` by their weights, and one of `fallbacks`, in
    their order, where that fails. At least one model; neither list names an alias.
    """

    models: tuple[WeightedModel, ...]
    fallbacks: tuple[str, ...] = ()


BudgetSubject = Literal["key", "user", "team", "tag"]
BudgetPeriod = Literal["day", "month"]
OnExceed = Literal["block", "route_simple", "alert"]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What requests may cost in each UTC day or calendar month: those of one key, team, end user or value of the tag `tag`, or, where
    `value` is None, those of each of them, so much each. `changed_ms` is when its limit was last set, in ms since the epoch.
    """

    id: str
    name: str
    subject: BudgetSubject
    period: BudgetPeriod
    limit_nano: int
    on_exceed: OnExceed
    tag: str | None = None
    value: str | None = None
    changed_ms: int = 0


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, and everything of the organization that a request needs. Without a budget a key may spend any amount.

    `monthly_budget_nano` is the key's own budget, `budgets` are those of the organization that may concern it. `team_id` is the team that
    the key belongs to. `unrouted_models` are the models that a key may use where no router chooses: embeddings, and calls that are passed
    through; none: any. `end_user` and `tags` are what a caller's token says of the caller; a request is recorded with them, whatever it
    says itself.
    """

    org_id: str
    key_id: str
    user_id: str | None = None
    scopes: tuple[Scope, ...] = ("chat", "optimize")
    expires_at_ms: int | None = None
    rpm: int = 500
    settings: OptimizationSettings = OptimizationSettings()
    rules: tuple[RoutingRule, ...] = ()
    tiers: dict[str, dict[Tier, str]] = {}
    provider_keys: tuple[ProviderKey, ...] = ()
    monthly_budget_nano: int | None = None
    unrouted_models: tuple[str, ...] = ()
    aliases: dict[str, ModelAlias] = {}
    team_id: str | None = None
    budgets: tuple[Budget, ...] = ()
    end_user: str | None = None
    tags: dict[str, str] = {}


class VerifyApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """The HMAC-SHA256 digest of an API key, in hex; the key itself never crosses the bus."""

    digest: str


class JsonWebKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A public key of an issuer's, as its JWKS document has it (RFC 7517), without what Promptly does not read."""

    kty: str
    kid: str | None = None
    alg: str | None = None
    use: str | None = None
    key_ops: tuple[str, ...] | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None


class FindIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who trusts an issuer for one of these audiences. `key_id` names the key that a token was signed with: where the issuer's keys that
    are known lack it, they are fetched again, now and then.
    """

    issuer: str
    audiences: tuple[str, ...]
    key_id: str | None = None


class CallerIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer that an organization trusts with its callers: tokens for `audience` whose claims have the values of `required_claims`
    speak for `principal`. Claims are names, or paths with dots in them: `user_claim` holds the end user, `tag_claim` the value of a tag.
    """

    issuer: str
    audience: str
    user_claim: str
    keys: tuple[JsonWebKey, ...]
    principal: Principal
    tag_claim: str | None = None
    required_claims: dict[str, str] = {}


class PrincipalChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Something a principal carries has changed: drop what is cached. Without `key_id`: all of the organization's."""

    org_id: str
    key_id: str | None = None


class AccessChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of this user (without `user_id`: of everybody in the organization) may allow less than before: look again."""

    org_id: str
    user_id: str | None = None


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """An operator asks for a way back in, for the user with this e-mail address."""

    email: str


class PasswordReset(msgspec.Struct, frozen=True, kw_only=True):
    """The token that sets a new password, once, and the dashboard's page that takes it."""

    token: str
    link: str
    expires_at_ms: int


class RewrapKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Bring at most `limit` sealed keys under the newest master key, beginning behind `after`, an earlier reply's `next`."""

    after: str | None = None
    limit: int = 200


class KeysRewrapped(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. `unreadable` ones lack their old master key; `next` is None once all have been seen."""

    rewrapped: int
    unreadable: int
    version: int
    next: str | None = None


class OrgRef(msgspec.Struct, frozen=True, kw_only=True):
    """One organization."""

    org_id: str


class Admins(msgspec.Struct, frozen=True, kw_only=True):
    """The e-mail addresses of an organization's admins, oldest account first; none for an organization that is not there."""

    emails: tuple[str, ...]


# Tries to sign in, to register and to get a password reset: a server that is started again must not forgive them.
ATTEMPTS = SharedCounter("PROMPTLY_ATTEMPTS", 7200.0, on_disk=True)

VERIFY_API_KEY: Rpc[VerifyApiKey, Principal] = Rpc("promptly.v1.auth.verify_api_key", VerifyApiKey, Principal, 1000)
FIND_ISSUER: Rpc[FindIssuer, CallerIssuer] = Rpc("promptly.v1.auth.find_issuer", FindIssuer, CallerIssuer, 4000)
VERIFY_OVER_HTTP = "/internal/principal"
FIND_ISSUER_OVER_HTTP = "/internal/issuer"


class VerifyOverHttp(msgspec.Struct, frozen=True, kw_only=True):
    """The same question over HTTP, for as long as the bus is away; `proof` is the digest of `proof_of(digest)`."""

    digest: str
    proof: str


class FindIssuerOverHttp(msgspec.Struct, frozen=True, kw_only=True):
    """The question about an issuer over HTTP; `proof` is the digest of `proof_of(issuer)`."""

    wanted: FindIssuer
    proof: str


# With the digest of FROM_GATEWAY in this header a gateway proves that X-Forwarded-For is its own word.
GATEWAY_HEADER = "x-promptly-gateway"
FROM_GATEWAY = "gateway"


def proof_of(digest: str) -> str:
    """What a gateway signs with the pepper, about a key's digest or an issuer."""
    return f"principal:{digest}"


PRINCIPAL_CHANGED: Event[PrincipalChanged] = Event("promptly.v1.events.principal.changed", PrincipalChanged, False)
ACCESS_CHANGED: Event[AccessChanged] = Event("promptly.v1.events.access.changed", AccessChanged, False)
RESET_PASSWORD: Rpc[ResetPassword, PasswordReset] = Rpc(
    "promptly.v1.auth.reset_password", ResetPassword, PasswordReset, 5000
)
REWRAP_KEYS: Rpc[RewrapKeys, KeysRewrapped] = Rpc("promptly.v1.auth.rewrap_keys", RewrapKeys, KeysRewrapped, 30_000)
ORG_ADMINS: Rpc[OrgRef, Admins] = Rpc("promptly.v1.auth.org_admins", OrgRef, Admins, 2000)


class LeaseCredits(msgspec.Struct, frozen=True, kw_only=True):
    """Set tokens of an organization's credits aside under a lease of this id: `wanted` if there is plenty, at least `need`.

    `returned` tokens of the lease `returning` are given back first; it goes on with what it has charged.
    """

    org_id: str
    lease_id: str
    need: int
    wanted: int
    returning: str | None = None
    returned: int = 0


class CreditsLeased(msgspec.Struct, frozen=True, kw_only=True, tag="leased"):
    """How many tokens the lease holds, at least what was needed."""

    tokens: int


class CreditsShort(msgspec.Struct, frozen=True, kw_only=True, tag="short"):
    """There is too little: `available` tokens are left, and `leased` ones are with other leases that may come back."""

    available: int
    leased: int


class SettleCredits(msgspec.Struct, frozen=True, kw_only=True):
    """A lease ends: `used` of its tokens were charged, the others go back. Once; later words are not heard."""

    org_id: str
    lease_id: str
    used: int


# What a million tokens of the optimize API cost: £0.10.
PENCE_PER_MILLION: Final = 10


class CreditBalance(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that can be spent, those under leases included."""

    balance_tokens: int


class GrantCredits(msgspec.Struct, frozen=True, kw_only=True):
    """An operator gives an organization credits, to be told by the organization's id or by a member's e-mail."""

    org_id: str | None = None
    email: str | None = None
    tokens: int


class OnceBegin(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is to be done once comes in; `digest` is its body's."""

    org_id: str
    key: str
    digest: str


class OnceProceed(msgspec.Struct, frozen=True, kw_only=True, tag="proceed"):
    """It is new."""


class OnceRunning(msgspec.Struct, frozen=True, kw_only=True, tag="running"):
    """The first one has no answer yet."""


class OnceOther(msgspec.Struct, frozen=True, kw_only=True, tag="other"):
    """Another body came under this key."""


class OnceDone(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """It was answered before; the answer is sealed."""

    sealed: str


class OnceEnd(msgspec.Struct, frozen=True, kw_only=True):
    """It is answered; without an answer it failed, and may come again under the same key."""

    org_id: str
    key: str
    digest: str
    sealed: str | None = None


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """It is written down."""


Once = OnceProceed | OnceRunning | OnceOther | OnceDone
LEASE_CREDITS: Rpc[LeaseCredits, CreditsLeased | CreditsShort] = Rpc(
    "promptly.v1.auth.lease_credits", LeaseCredits, CreditsLeased | CreditsShort, 2000
)
SETTLE_CREDITS: Rpc[SettleCredits, CreditBalance] = Rpc(
    "promptly.v1.auth.settle_credits", SettleCredits, CreditBalance, 2000
)
CREDITS: Rpc[OrgRef, CreditBalance] = Rpc("promptly.v1.auth.credits", OrgRef, CreditBalance, 2000)
GRANT_CREDITS: Rpc[GrantCredits, CreditBalance] = Rpc(
    "promptly.v1.auth.grant_credits", GrantCredits, CreditBalance, 5000
)
BEGIN_ONCE: Rpc[OnceBegin, Once] = Rpc("promptly.v1.auth.begin_once", OnceBegin, Once, 2000)
END_ONCE: Rpc[OnceEnd, Noted] = Rpc("promptly.v1.auth.end_once", OnceEnd, Noted, 2000)
# Somebody is short of credits: whoever leases more than it uses gives it back.
CREDITS_WANTED: Event[OrgRef] = Event("promptly.v1.events.credits.wanted", OrgRef, False)
# There are more credits than before: whoever remembers that there were none forgets it.
CREDITS_ADDED: Event[OrgRef] = Event("promptly.v1.events.credits.added", OrgRef, False)
