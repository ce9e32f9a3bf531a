"""The Responses API beside what all endpoints have in common: conversations that are stored, and the routes for what is stored."""

from collections.abc import Mapping

import msgspec

from libs.common.catalog import Catalog
from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.errors import BadRequest, NotFound, UpstreamFailed
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.request import Incoming
from services.gateway.domain.stored_response import RoutingRecord, StoredResponse, place
from services.gateway.domain.targets import find_target
from services.gateway.endpoints.openai_count import OpenAICount
from services.gateway.endpoints.openai_responses import OpenAIResponses
from services.gateway.endpoints.responses import request as requests
from services.gateway.endpoints.responses import stored
from services.gateway.endpoints.responses.streams import Monotonic
from services.gateway.formats.headers import to_client
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.background_charge import BackgroundCharge
from services.gateway.pipeline.conversations import Conversations
from services.gateway.pipeline.count_tokens import Counted, CountTokens
from services.gateway.pipeline.deferrals import Deferrable
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.pipeline.response import Response, release_after
from services.gateway.pipeline.response_keeper import ResponseKeeper
from services.gateway.ports import Providers, ResponseStore


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """An answer about a stored response: of this gateway, or of the provider that stores it, as it came."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"


class ResponsesApi:
    """Serves the Responses API."""

    def __init__(
        self,
        pipeline: Pipeline,
        store: ResponseStore,
        providers: Providers,
        catalog: Catalog,
        monotonic: Monotonic,
        charge: BackgroundCharge,
        count_tokens: CountTokens,
    ) -> None:
        self._charge = charge
        self._count_tokens = count_tokens
        self._pipeline = pipeline
        self._store = store
        self._providers = providers
        self._catalog = catalog
        self._monotonic = monotonic
        self._conversations = Conversations(store)

    async def create(
        self,
        incoming: Incoming,
        on_rate_limit: RateLimitCallback,
        kind: type[OpenAIResponses] = OpenAIResponses,
    ) -> Response:
        """Answer a request for a response, or whatever else `kind` serves."""
        admission = self._pipeline.admission
        principal = await admission.authorize(incoming.api_key, OpenAIResponses.scope, incoming.principal)
        async with admission.acquire(principal, on_rate_limit) as permit:
            envelope = requests.head(incoming.body, incoming.headers)
            conversation = await self._conversations.find(principal, envelope.top, envelope.flags)
            if conversation.elsewhere is not None:
                principal = self._bound(principal, conversation.elsewhere, envelope.model)
            endpoint = kind(conversation, envelope, self._monotonic)
            request = await self._pipeline.read(endpoint, msgspec.structs.replace(incoming, principal=principal))
            keeper = ResponseKeeper(self._store, endpoint, request)
            deferrable = None
            if kind is OpenAIResponses:
                deferrable = Deferrable(surface="responses", incoming=incoming, conversation=conversation)
            record = self._pipeline.recorder.open(request)
            response = await self._pipeline.serve(endpoint, request, record, keeper, deferrable)
            return await release_after(permit, response)

    async def count(self, incoming: Incoming, on_rate_limit: RateLimitCallback) -> Counted:
        """Count the tokens of a request, and of what it goes on with."""
        admission = self._pipeline.admission
        principal = await admission.authorize(incoming.api_key, OpenAIResponses.scope, incoming.principal)
        envelope = requests.head(incoming.body, incoming.headers)
        conversation = await self._conversations.find(principal, envelope.top, envelope.flags)
        if conversation.elsewhere is not None:
            principal = self._bound(principal, conversation.elsewhere, envelope.model)
        incoming = msgspec.structs.replace(incoming, principal=principal)
        return await self._count_tokens.run(OpenAICount(conversation, envelope), incoming, on_rate_limit)

    async def read(
        self, api_key: str | None, identity: str, query: str, names: Mapping[str, str], on_rate_limit: RateLimitCallback
    ) -> Relayed:
        """A stored response. `names` are the query's fields."""
        async with self._pipeline.admission.without_model(api_key, on_rate_limit, OpenAIResponses.scope) as principal:
            found = await self._stored(principal, identity)
            if isinstance(found, RoutingRecord):
                relayed = await self._relay(principal, found, "GET", "", query)
                await self._charge.see(principal, found, relayed.body)
                return relayed
            # Where a stream would go on says nothing to a client that wants none.
            if names.get("stream", "true" if "starting_after" in names else "") == "true":
                raise BadRequest("A stored response is given whole: leave `stream` out.", param="stream")
            return Relayed(body=stored.shown(found))

    async def delete(self, api_key: str | None, identity: str, on_rate_limit: RateLimitCallback) -> Relayed:
        """Remove a stored response. What goes on with it cannot be gone on with any more."""
        async with self._pipeline.admission.without_model(api_key, on_rate_limit, OpenAIResponses.scope) as principal:
            found = await self._stored(principal, identity)
            if isinstance(found, RoutingRecord):
                relayed = await self._relay(principal, found, "DELETE", "", "")
                if relayed.status < 300:
                    await self._store.delete(principal.org_id, identity)
                return relayed
            await self._store.delete(principal.org_id, identity)
            return Relayed(body=msgspec.json.encode({"id": identity, "object": "response", "deleted": True}))

    async def cancel(self, api_key: str | None, identity: str, on_rate_limit: RateLimitCallback) -> Relayed:
        """Cancel a response that is made in the background, which only its provider does."""
        async with self._pipeline.admission.without_model(api_key, on_rate_limit, OpenAIResponses.scope) as principal:
            found = await self._stored(principal, identity)
            if isinstance(found, RoutingRecord):
                relayed = await self._relay(principal, found, "POST", "/cancel", "")
                await self._charge.see(principal, found, relayed.body)
                return relayed
            raise BadRequest("Only background responses can be cancelled, and this one is none.")

    async def input_items(
        self, api_key: str | None, identity: str, query: str, names: Mapping[str, str], on_rate_limit: RateLimitCallback
    ) -> Relayed:
        """What a stored response was made from: the items of its request, and of all responses before it."""
        async with self._pipeline.admission.without_model(api_key, on_rate_limit, OpenAIResponses.scope) as principal:
            found = await self._stored(principal, identity)
            if isinstance(found, RoutingRecord):
                return await self._relay(principal, found, "GET", "/input_items", query)
            *earlier, last = await self._conversations.chain(principal.org_id, identity)
            items = [item for response in earlier for item in (*response.input, *response.output)]
            return Relayed(body=stored.items_page([*items, *last.input], names))

    def _bound(self, principal: Principal, record: RoutingRecord, model: str) -> Principal:
        """The principal with nothing but the key under which a conversation is stored."""
        keys = tuple(key for key in principal.provider_keys if key.id == record.provider_key_id)
        bound = msgspec.structs.replace(principal, provider_keys=keys)
        alias = bound.aliases.get(model)
        named = (model,) if alias is None else (*(one.model for one in alias.models), *alias.fallbacks)
        if all(find_target(one, bound, self._catalog) is None for one in named):
            raise BadRequest(
                f"This conversation is stored at OpenAI, which does not serve `{model}`; send the full input instead.",
                param="previous_response_id",
            )
        return bound

    async def _stored(self, principal: Principal, identity: str) -> StoredResponse | RoutingRecord:
        """What is known of a response. The same error for one that is unknown, has expired, or is another organization's."""
        found: StoredResponse | RoutingRecord | None
        if place(identity) is not None:
            found = await self._store.load(principal.org_id, identity)
        else:
            found = await self._store.record(principal.org_id, identity)
        if found is None or (isinstance(found, RoutingRecord) and _key_of(principal, found) is None):
            raise NotFound(f"Response with id '{identity[:100]}' not found.", code="response_not_found")
        return found

    async def _relay(
        self, principal: Principal, record: RoutingRecord, method: str, suffix: str, query: str
    ) -> Relayed:
        key = _key_of(principal, record)
        assert key is not None, "records without their key are none"
        try:
            answer = await self._providers.stored(key, principal.org_id, method, f"/{record.id}{suffix}", query)
        except Failure as failure:
            raise client_error(failure, key.provider) from None
        if answer.status in (401, 403):
            raise UpstreamFailed(f"{key.provider} rejected this organisation's key.", code="upstream_key_rejected")
        return Relayed(
            body=answer.content,
            status=answer.status,
            headers=to_client(answer.headers, own_key=True),
            media_type=answer.headers.get("content-type", "application/json"),
        )


def _key_of(principal: Principal, record: RoutingRecord) -> ProviderKey | None:
    return next((key for key in principal.provider_keys if key.id == record.provider_key_id), None)
