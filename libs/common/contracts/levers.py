"""The levers: their names, and an organization's settings of them."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

Level = Literal["off", "conservative", "moderate", "aggressive"]
RoutingMode = Literal["auto", "manual", "shadow"]
Capture = Literal["none", "sampled", "all"]
# Shadow: what it would do is recorded and not done.
Trial = Literal["off", "shadow", "on"]
LeverName = Literal[
    "whitespace",
    "redundancy",
    "compression",
    "pruning",
    "tools",
    "images",
    "effort",
    "caching",
    "routing",
    "cache_discount",
    "deferral",
]


class OptimizationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's levers: the nine documented fields, then Promptly's own.

    `substitute_unreachable` lets another model answer for one that no key reaches, `rules_in_manual` tries routing rules in
    manual mode too, `older_generations` allows tiers that are more than one generation older than the requested model.
    `store_responses` False: nothing of the Responses API is stored, whatever a request says. `prefix_caching` sets cache breakpoints,
    or a key for the provider's cache, where the client sets none, the provider wants them, and they pay. `holdout_share` of the
    conversations, 0 to 0.2, runs without any lever, so that savings can be measured. `deferral` lets a request that says how long it
    can wait go to the provider's slower and cheaper tier of service. `capture` keeps requests, sealed, so that admins can read them and
    try other settings on them: none, all, or the conversations of a sample of a tenth.

    Three levers are off until somebody wants them, and on trial they only say what they would do: `effort` has a model think one step less
    in conversations that the router judges simple, `tool_definitions` shortens what tools are described with, and `images` has pictures
    looked at in low detail where only their gist is asked for; the last two at the aggressive level. `lever_shares` lets each lever that
    it names be off in so much, 0 to 0.5, of the conversations that run with levers, by lots of its own, so that its own effect shows.
    """

    level: Level = "moderate"
    whitespace_removal: bool = True
    redundancy_elimination: bool = True
    system_prompt_compression: bool = True
    context_pruning: bool = True
    cache_enabled: bool = True
    cache_similarity_threshold: float = 0.95
    cache_ttl_seconds: int = 3600
    routing_mode: RoutingMode = "auto"
    values_line: bool = True
    extraction: bool = False
    cost_quality: float | None = None
    substitute_unreachable: bool = False
    rules_in_manual: bool = False
    older_generations: bool = False
    store_responses: bool = True
    prefix_caching: bool = True
    holdout_share: float = 0.0
    deferral: bool = True
    capture: Capture = "none"
    effort: Trial = "off"
    tool_definitions: Trial = "off"
    images: Trial = "off"
    lever_shares: dict[LeverName, float] = {}


# What switches each lever of the receipt off.
LEVERS_OFF: Final[Mapping[LeverName, dict[str, Any]]] = {
    "whitespace": {"whitespace_removal": False},
    "redundancy": {"redundancy_elimination": False},
    "compression": {"system_prompt_compression": False},
    "pruning": {"context_pruning": False},
    "tools": {"tool_definitions": "off"},
    "images": {"images": "off"},
    "effort": {"effort": "off"},
    "caching": {"cache_enabled": False},
    "routing": {"routing_mode": "manual"},
    "cache_discount": {"prefix_caching": False},
    "deferral": {"deferral": False},
}
