"""An example of every body, by the name of its shape. Tests read each of them as that shape."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

_ENTRY_ID: Final = "0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21"
_TIME: Final = "2026-08-01T09:30:00.000Z"
_PASSWORD: Final = "correct horse battery"  # noqa: S105 - an example, and a famous one
_USER: Final = {"id": "usr_" + "1" * 32, "email": "ada@example.com", "role": "admin", "created_at": _TIME}
_ORG: Final = {"id": "org_" + "2" * 32, "name": "Example Ltd", "account_type": "team", "created_at": _TIME}
_SIGNED_IN: Final = {"token": "eyJhbGciOiJIUzI1NiIs…", "user": _USER, "org": _ORG}
_INVITE: Final = {
    "id": "inv_" + "3" * 32,
    "email": "grace@example.com",
    "role": "member",
    "invited_by": _USER["id"],
    "created_at": _TIME,
    "expires_at": "2026-08-08T09:30:00.000Z",
}
_KEY: Final = {
    "id": "key_" + "4" * 32,
    "name": "production",
    "prefix": "sk-promptly-",
    "last_four": "x7Qa",
    "scopes": ["chat", "optimize"],
    "rpm": 500,
    "monthly_budget_usd": 25.0,
    "expires_at": None,
    "created_by": _USER["id"],
    "created_at": _TIME,
    "last_used_at": None,
}
_PROVIDER_KEY: Final[Mapping[str, Any]] = {
    "id": "pk_" + "5" * 32,
    "provider": "openai",
    "label": "main account",
    "api_key": "sk-…1234",
    "last_four": "1234",
    "base_url": None,
    "models": [],
    "created_at": _TIME,
}
_RULE_BODY: Final = {
    "name": "Contracts go to the large model",
    "condition_type": "keyword",
    "condition_value": {"keywords": ["contract", "liability"]},
    "action": "use_model",
    "action_value": "gpt-4o",
    "priority": 10,
}
_RULE: Final = {"id": "rule_" + "6" * 32, **_RULE_BODY, "created_at": _TIME}
_SETTINGS: Final = {
    "level": "moderate",
    "whitespace_removal": True,
    "redundancy_elimination": True,
    "system_prompt_compression": True,
    "context_pruning": True,
    "cache_enabled": True,
    "cache_similarity_threshold": 0.95,
    "cache_ttl_seconds": 3600,
    "routing_mode": "auto",
    "values_line": True,
    "extraction": False,
    "cost_quality": None,
    "substitute_unreachable": False,
    "rules_in_manual": False,
    "older_generations": False,
}
_TIERS: Final = {"openai": {"simple": "gpt-4o-mini", "medium": "gpt-4o-mini", "complex": "gpt-4o"}}
_LEVER: Final = {"lever": "routing", "tokens_saved": 0, "savings_usd": 0.0021}
_TOKENS: Final = {
    "uncached_input": 310,
    "cache_read": 0,
    "cache_write_5m": 0,
    "cache_write_1h": 0,
    "output_text": 92,
    "output_reasoning": 0,
}
_ENTRY: Final = {
    "id": "req_" + "7" * 32,
    "time": _TIME,
    "key_id": _KEY["id"],
    "user": None,
    "kind": "chat",
    "stream": False,
    "status": "success",
    "status_code": 200,
    "error_code": None,
    "tags": {"team": "support"},
    "baseline_model": "gpt-4o",
    "routed_model": "gpt-4o-mini",
    "served_model": "gpt-4o-mini",
    "provider": "openai",
    "tier": "simple",
    "rule_id": None,
    "routing_reason": "classifier",
    "routing_score": 0.08,
    "shadow_model": None,
    "shadow_savings_usd": None,
    "original_tokens": 310,
    "optimized_tokens": 310,
    "output_tokens": 92,
    "tokens": _TOKENS,
    "cost_usd": 0.0001,
    "baseline_cost_usd": 0.0022,
    "savings_usd": 0.0021,
    "estimated": False,
    "price_version": "2026-08-01",
    "optimizations": [_LEVER],
    "cache_hit": False,
    "cache": "miss",
    "cache_similarity": None,
    "cache_entry_id": None,
    "cache_source_id": None,
    "latency_ms": 812.4,
    "overhead_ms": 9.8,
    "provider_ms": 802.6,
    "first_byte_ms": None,
    "fallback_used": False,
    "degraded": [],
    "trace_id": None,
    "charged_tokens": 0,
}
_RECEIPT: Final = {
    "baseline_model": "gpt-4o",
    "served_model": "gpt-4o-mini",
    "baseline_cost_usd": 0.0022,
    "lines": [_LEVER],
    "not_done": [],
    "cost_usd": 0.0001,
    "savings_usd": 0.0021,
    "price_version": "2026-08-01",
    "estimated": False,
    "tokens": _TOKENS,
    "latency_ms": {"total": 812.4, "overhead": 9.8, "provider": 802.6, "first_byte": None},
}
_ALERT_BODY: Final = {
    "name": "High daily spend",
    "metric": "daily_spend",
    "operator": "gt",
    "threshold": 50.0,
    "channels": ["email"],
}
_ALERT_RULE: Final = {
    "id": "alr_" + "8" * 32,
    **_ALERT_BODY,
    "window_minutes": 60,
    "cooldown_minutes": 60,
    "channel_config": {},
    "is_active": True,
    "firing_since": None,
    "created_at": _TIME,
}
_NOTIFICATION: Final = {"channel": "email", "state": "sent", "attempts": 1, "error": None}
_SERVICE: Final = {"status": "up", "version": "0.1.0", "degraded": [], "missing": []}

STREAM: Final = (
    f": here you are\n\nevent: request\nid: {_ENTRY['id']}\ndata: {msgspec.json.encode(_ENTRY).decode()}\n\n"
)

EXAMPLES: Final[Mapping[str, Any]] = {
    "Register": {
        "org_name": "Example Ltd",
        "email": "ada@example.com",
        "password": _PASSWORD,
        "account_type": "team",
    },
    "Login": {"email": "ada@example.com", "password": _PASSWORD},
    "PasswordChange": {"old_password": _PASSWORD, "new_password": "another battery staple"},
    "ResetBody": {"email": "ada@example.com"},
    "VerifyBody": {"token": "the token out of the mail"},
    "ResetConfirmBody": {"token": "the token out of the link", "password": _PASSWORD},
    "AcceptBody": {"token": "the token out of the link", "password": _PASSWORD},
    "ExchangeBody": {"code": "the code out of the address"},
    "OrgChange": {"name": "Example Ltd"},
    "RoleBody": {"role": "viewer"},
    "InviteBody": {"email": "grace@example.com", "role": "member"},
    "KeyBody": {"name": "production", "scopes": ["chat", "optimize"], "rpm": 500, "monthly_budget_usd": 25.0},
    "RegenerateBody": {"id": _KEY["id"]},
    "ProviderKeyBody": {"provider": "openai", "api_key": "sk-your-own-key", "label": "main account"},
    "ProviderKeyChangeBody": {"label": "main account"},
    "SettingsChange": {"level": "aggressive", "cache_ttl_seconds": 7200},
    "RoutingChange": {"routing_mode": "auto", "tiers": {"openai": {"complex": "gpt-4o"}}},
    "RuleBody": _RULE_BODY,
    "RuleChangeBody": {"priority": 20},
    "RuleOrder": {"rule_ids": [_RULE["id"]]},
    "ChatBody": {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the capital of France?"}]},
    "AlertRuleBody": _ALERT_BODY,
    "AlertRuleChange": {"threshold": 75.0},
    "Me": {"user": _USER, "org": _ORG, "permissions": ["read", "use_keys", "write_alerts", "judge_cache"]},
    "SignedIn": _SIGNED_IN,
    "Registered": {**_SIGNED_IN, "api_key": "sk-promptly-…"},
    "Message": {"detail": "If this address is registered, a mail with a link is on its way."},
    "EntryOptions": {"registration": "open", "bootstrap_token": False, "oauth": ["github", "google"], "mail": True},
    "SignIns": {"password": True, "oauth": ["github"]},
    "Redirect": {"url": "https://github.com/login/oauth/authorize?client_id=…"},
    "User": _USER,
    "Org": _ORG,
    "Members": {"members": [_USER]},
    "Roles": {"roles": [{"role": "viewer", "permissions": ["read"]}]},
    "Invites": {"invites": [_INVITE]},
    "NewInvite": {**_INVITE, "link": "https://promptly.example.com/invite#token=…", "mailed": True},
    "SystemState": {
        "status": "up",
        "version": "0.1.0",
        "bus": "up",
        "services": {"gateway": _SERVICE, "analytics": {**_SERVICE, "event_lag": 0}},
    },
    "Keys": {"keys": [_KEY]},
    "NewKey": {**_KEY, "api_key": "sk-promptly-…"},
    "ProviderKey": _PROVIDER_KEY,
    "ProviderKeys": {"keys": [_PROVIDER_KEY]},
    "ProviderKeyTested": {"ok": True, "detail": "The provider takes this key.", "latency_ms": 212.0},
    "OptimizationSettings": _SETTINGS,
    "CacheStats": {"exact_entries": 12, "semantic_entries": 140, "total_entries": 152},
    "Cleared": {"cleared": 152},
    "Routing": {"routing_mode": "auto", "tiers": _TIERS, "default_tiers": _TIERS},
    "Rule": _RULE,
    "Rules": {"rules": [_RULE]},
    "Route": {
        "model": "gpt-4o-mini",
        "provider": "openai",
        "tier": "simple",
        "score": 0.08,
        "reason": "classifier",
        "rule": None,
        "signals": ["short"],
        "skipped_rules": [],
        "shadow_model": None,
    },
    "Overview": {
        "from": "2026-07-02T09:30:00.000Z",
        "to": _TIME,
        "requests": {"total": 100, "success": 58, "fallback": 1, "cached": 40, "error": 1, "cancelled": 0},
        "cache": {"exact_hits": 25, "semantic_hits": 15, "hit_rate": 0.4},
        "tokens": {"original": 80_000, "optimized": 52_000, "saved": 28_000, "output": 21_000},
        "cost_usd": 0.19,
        "baseline_cost_usd": 0.41,
        "savings_usd": 0.22,
        "savings_percentage": 53.7,
        "error_rate": 0.01,
        "latency_ms": {"p50": 640.0, "p95": 1900.0, "p99": 2800.0, "overhead_p50": 6.0, "overhead_p95": 14.0},
        "unpriced_requests": 0,
        "data_as_of": _TIME,
    },
    "Savings": {
        "interval": "day",
        "points": [
            {
                "time": "2026-08-01T00:00:00.000Z",
                "requests": 100,
                "cost_usd": 0.19,
                "baseline_cost_usd": 0.41,
                "savings_usd": 0.22,
                "tokens_saved": 28_000,
            }
        ],
    },
    "Models": {
        "models": [
            {
                "model": "gpt-4o-mini",
                "provider": "openai",
                "requests": 60,
                "share": 0.6,
                "input_tokens": 52_000,
                "output_tokens": 21_000,
                "cost_usd": 0.19,
                "savings_usd": 0.22,
                "latency_p50_ms": 640.0,
                "error_rate": 0.01,
            }
        ]
    },
    "Levers": {
        "levers": [{"lever": "routing", "requests": 60, "tokens_saved": 0, "savings_usd": 0.22, "share": 1.0}],
        "total_usd": 0.22,
    },
    "LogPage": {"requests": [_ENTRY], "next_cursor": None},
    "LogDetail": {**_ENTRY, "receipt": _RECEIPT, "feedback": None, "trace_url": None},
    "AlertRule": _ALERT_RULE,
    "AlertRules": {"rules": [_ALERT_RULE]},
    "AlertTested": {"notifications": [_NOTIFICATION]},
    "AlertEvents": {
        "events": [
            {
                "id": "ale_" + "9" * 32,
                "rule_id": _ALERT_RULE["id"],
                "rule_name": "High daily spend",
                "metric": "daily_spend",
                "kind": "fired",
                "value": 61.2,
                "threshold": 50.0,
                "time": _TIME,
                "data_as_of": _TIME,
                "forecast": 88.0,
                "message": "Spend today is $61.20, above $50.00.",
                "notifications": [_NOTIFICATION],
            }
        ]
    },
    "Preview": {
        "model": "gpt-4o",
        "level": "moderate",
        "original_tokens": 18,
        "optimized_tokens": 16,
        "tokens_saved": 2,
        "exact_tokens": True,
        "cost_before_usd": 0.000045,
        "cost_after_usd": 0.00004,
        "savings_usd": 0.000005,
        "levers": [{"lever": "whitespace", "tokens_saved": 2, "savings_usd": 0.000005}],
        "steps": [
            {
                "step": "blanks",
                "lever": "whitespace",
                "outcome": "applied",
                "tokens_saved": 2,
                "message": 0,
                "reason": "",
            }
        ],
        "parts": [{"message": 0, "part": 0, "role": "user", "kinds": ["prose"], "left_alone": ""}],
        "left_out": {},
        "messages": [{"role": "user", "content": "What is the capital\nof France?"}],
        "diff": [
            {
                "position": 0,
                "role": "user",
                "change": "changed",
                "text": [
                    {"op": "same", "text": "What is the capital"},
                    {"op": "removed", "text": "\n\n\n\n"},
                    {"op": "added", "text": "\n"},
                    {"op": "same", "text": "of France?"},
                ],
            }
        ],
    },
    "Hits": {
        "hits": [
            {
                "request_id": "req_" + "5" * 32,
                "source_request_id": "req_" + "4" * 32,
                "entry_id": _ENTRY_ID,
                "similarity": 0.962,
                "model": "gpt-4o",
                "time": _TIME,
                "savings_usd": 0.00058,
            }
        ],
        "next_cursor": None,
    },
    "CacheFeedback": {"entry_id": _ENTRY_ID, "wrong": True},
    "WrongAnswerRemoved": {"entry_id": _ENTRY_ID, "evicted": True, "blocked_pairs": 1},
    "CheckoutBody": {"amount_gbp": 25.00},
    "CreditsLeft": {
        "balance_tokens": 48_750_000,
        "currency": "GBP",
        "price_per_million_tokens": 0.1,
        "minimum_purchase_gbp": 5.0,
        "can_buy": True,
    },
    "Purchases": {
        "purchases": [
            {
                "id": "purchase:cs_live_1",
                "kind": "purchase",
                "tokens": 50_000_000,
                "amount_gbp": 5.0,
                "reference": "cs_live_1",
                "time": "2026-08-01T09:30:00.000Z",
            }
        ]
    },
    "CheckoutOpened": {"session_id": "cs_live_1", "url": "https://checkout.stripe.com/c/pay/cs_live_1"},
    "Received": {"received": True},
}
