"""What the developer guide documents of each answer, and the bodies that it shows."""

from typing import Any, Final

from tests.e2e.guide import NUMBER

NONE: Final = type(None)
DETAIL: Final = {"detail": str}
NO_KEY: Final = {"detail": "No valid provider key found. Please connect an API key in the dashboard."}
CLIENT_ERROR: Final = {"detail": str, "error": {"message": str, "type": str, "code": str}}

USER: Final = {"id": str, "email": str, "role": "admin"}
ORG: Final = {"id": str, "name": "My Company", "account_type": "team"}
REGISTERED: Final = {"token": str, "user": USER, "org": ORG, "api_key": str}
SIGNED_IN: Final = {"token": str, "user": {"id": str, "email": str, "role": str}, "org": ORG}

CHAT: Final[dict[str, Any]] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Explain recursion in 2 sentences."},
    ],
    "temperature": 0.7,
    "max_tokens": 500,
    "stream": False,
}
PARAMETERS: Final[list[tuple[str, Any]]] = [
    ("temperature", 2),
    ("max_tokens", 50),
    ("top_p", 0.5),
    ("frequency_penalty", -2),
    ("presence_penalty", 2),
    ("stop", "END"),
    ("stop", ["END", "STOP"]),
    ("n", 2),
    ("user", "user-1"),
]
METADATA: Final = {
    "baseline_model": "gpt-4o",
    "routed_model": "gpt-4o-mini",
    "original_tokens": int,
    "optimized_tokens": int,
    "savings": float,
    "cache_hit": False,
    "latency_ms": NUMBER,
    "request_id": str,
    "provider": "openai",
    "complexity": "simple",
    "cache_similarity": None,
    "optimizations": list,
    "fallback_used": False,
    "degraded": list,
}
COMPLETION: Final = {
    "id": str,
    "object": "chat.completion",
    "created": int,
    "model": str,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": str}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": int, "completion_tokens": int, "total_tokens": int},
    "promptly_metadata": METADATA,
}

SETTINGS: Final[dict[str, Any]] = {
    "level": "moderate",
    "whitespace_removal": True,
    "redundancy_elimination": True,
    "system_prompt_compression": True,
    "context_pruning": True,
    "cache_enabled": True,
    "cache_similarity_threshold": 0.95,
    "cache_ttl_seconds": 3600,
    "routing_mode": "auto",
}
TIERS: Final = {
    "openai": {"simple": "gpt-4o-mini", "medium": "gpt-4o", "complex": "gpt-4o"},
    "anthropic": {"simple": "claude-haiku", "medium": "claude-sonnet", "complex": "claude-opus"},
    "google": {"simple": "gemini-2.0-flash", "medium": "gemini-2.0-flash", "complex": "gemini-2.0-pro"},
}
CACHE_STATS: Final = {"exact_entries": int, "semantic_entries": int, "total_entries": int}

RULES: Final[list[dict[str, Any]]] = [
    {
        "name": "Short prompts → mini",
        "condition_type": "token_count",
        "condition_value": {"operator": "lt", "value": 50},
        "action": "use_model",
        "action_value": "gpt-4o-mini",
        "priority": 20,
    },
    {
        "name": "Code tasks use GPT-4o",
        "condition_type": "keyword",
        "condition_value": {"keywords": ["code", "debug", "refactor"]},
        "action": "use_model",
        "action_value": "gpt-4o",
        "priority": 10,
    },
    {
        "name": "Default everything to Sonnet",
        "condition_type": "always",
        "condition_value": {},
        "action": "use_model",
        "action_value": "claude-sonnet",
        "priority": 0,
    },
]

ALERT: Final[dict[str, Any]] = {
    "name": "High daily spend",
    "metric": "daily_spend",
    "operator": "gt",
    "threshold": 50.00,
    "channels": ["email"],
}

OVERVIEW: Final = {
    "from": str,
    "to": str,
    "requests": dict.fromkeys(("total", "success", "fallback", "cached", "error", "cancelled"), int),
    "cache": {"exact_hits": int, "semantic_hits": int, "hit_rate": NUMBER},
    "tokens": {"original": int, "optimized": int, "saved": int, "output": int},
    "cost_usd": float,
    "baseline_cost_usd": float,
    "savings_usd": float,
    "savings_percentage": float,
    "error_rate": NUMBER,
    "latency_ms": dict.fromkeys(("p50", "p95", "p99", "overhead_p50", "overhead_p95"), NUMBER),
    "unpriced_requests": int,
    "data_as_of": str,
}
POINT: Final = {
    "time": str,
    "requests": int,
    "cost_usd": NUMBER,
    "baseline_cost_usd": NUMBER,
    "savings_usd": NUMBER,
    "tokens_saved": int,
}
MODEL_USE: Final = {
    "model": str,
    "provider": str,
    "requests": int,
    "share": NUMBER,
    "input_tokens": int,
    "output_tokens": int,
    "cost_usd": NUMBER,
    "savings_usd": NUMBER,
    "latency_p50_ms": (*NUMBER, NONE),
    "latency_p95_ms": (*NUMBER, NONE),
    "latency_p99_ms": (*NUMBER, NONE),
    "error_rate": NUMBER,
}
LEVER: Final = {"lever": str, "requests": int, "tokens_saved": int, "savings_usd": NUMBER, "share": (*NUMBER, NONE)}
ENTRY: Final = {
    "id": str,
    "time": str,
    "baseline_model": str,
    "routed_model": str,
    "original_tokens": int,
    "optimized_tokens": int,
    "baseline_cost_usd": (*NUMBER, NONE),
    "cost_usd": (*NUMBER, NONE),
    "savings_usd": (*NUMBER, NONE),
    "cache_hit": bool,
    "optimizations": list,
    "latency_ms": NUMBER,
    "overhead_ms": NUMBER,
    "provider_ms": (*NUMBER, NONE),
    "status": str,
    "fallback_used": bool,
}
