"""The parts of a chat request's body that the router needs; no service is called."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from libs.common import conversation
from libs.common.contracts.auth import OptimizationSettings, RoutingRule, Tier
from libs.common.contracts.router import Needs, RouteRequest
from libs.common.errors import BadRequest
from services.auth.keys.domain.keys import StoredProviderKey

NO_KEY = "No valid provider key found. Please connect an API key in the dashboard."
_CHARS_PER_TOKEN = 3  # the gateway's own estimate, for a limit that is rarely near


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A turn; what is no text counts by its kind only."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Its text parts, in order."""
        if isinstance(self.content, str):
            return (self.content,)
        return tuple(
            part["text"]
            for part in self.content or ()
            if part.get("type") == "text" and isinstance(part.get("text"), str)
        )


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    type: str


class ChatBody(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about the model; all else of OpenAI's API may stand beside it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=20_000)]
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    tools: list[dict[str, Any]] | None = None
    functions: list[dict[str, Any]] | None = None
    response_format: _Format | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None


def route_request(
    org_id: str,
    body: ChatBody,
    settings: OptimizationSettings,
    rules: tuple[RoutingRule, ...],
    tiers: dict[str, dict[Tier, str]],
    keys: Sequence[StoredProviderKey],
) -> RouteRequest:
    """The request that the gateway would send the router; `BadRequest` where no provider is connected."""
    if not keys:
        raise BadRequest(NO_KEY, code="no_provider_key")
    reachable: dict[str, tuple[str, ...]] = {}
    for key in keys:
        reachable[key.provider] = (*reachable.get(key.provider, ()), *key.models)
    texts = tuple(text for message in body.messages for text in message.texts)
    kinds = {
        part.get("type") for message in body.messages if isinstance(message.content, list) for part in message.content
    }
    tools = [*(body.tools or ()), *(body.functions or ())]
    tool_bytes = len(msgspec.json.encode(tools)) if tools else 0
    asked = next((message for message in reversed(body.messages) if message.role == "user"), None)
    return RouteRequest(
        org_id=org_id,
        requested_model=body.model,
        prompt="" if asked is None else "\n".join(asked.texts),
        texts=texts,
        turns=sum(message.role == "user" for message in body.messages),
        mode=settings.routing_mode,
        rules=rules,
        tiers=tiers,
        reachable=reachable,
        needs=Needs(
            vision="image_url" in kinds,
            audio="input_audio" in kinds,
            files="file" in kinds,
            tools=bool(body.tools or body.functions),
            json_schema=body.response_format is not None and body.response_format.type == "json_schema",
            multiple_choices=(body.n or 1) > 1,
            context_tokens=sum(map(len, texts)) // _CHARS_PER_TOKEN,
        ),
        cost_quality=settings.cost_quality,
        conversation=conversation.user_turns(body.messages, tool_bytes),
        system=conversation.system_text(body.messages),
        writes=conversation.writes(tools),
        answer_limit=body.max_completion_tokens or body.max_tokens,
        prefix_marked=any(
            "cache_control" in part for one in body.messages if isinstance(one.content, list) for part in one.content
        ),
        substitute_unreachable=settings.substitute_unreachable,
        rules_in_manual=settings.rules_in_manual,
        older_generations=settings.older_generations,
        conversation_judged=True,
    )
