"""The list of models, for the clients of three APIs."""

from typing import Any

import httpx
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from libs.common.catalog import load
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three  # noqa: F401


async def get(stack: Stack, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"{stack.url}{path}", headers={"authorization": f"Bearer {stack.api_key}", **headers})


async def test_one_list_for_clients_of_two_apis(three: Stack) -> None:  # noqa: F811
    found = (await get(three, "/v1/models")).json()
    assert (found["object"], found["has_more"]) == ("list", False)
    assert (found["first_id"], found["last_id"]) == (found["data"][0]["id"], found["data"][-1]["id"])
    assert "models" not in found
    by_name = {one["id"]: one for one in found["data"]}
    assert by_name.keys() >= set(MODELS.values())
    gpt = by_name["gpt-4o"]
    assert (gpt["object"], gpt["type"], gpt["owned_by"], gpt["display_name"]) == ("model", "model", "openai", "gpt-4o")
    assert gpt["created_at"].endswith("Z")
    assert (gpt["max_input_tokens"], gpt["max_tokens"]) == (128_000, 16_384)
    assert (await get(three, "/v1/models/gpt-4o")).json() == gpt


async def test_codex_finds_the_list_that_it_looks_for(three: Stack) -> None:  # noqa: F811
    found = (await get(three, "/v1/models?client_version=0.171.0")).json()
    assert found["models"] == []
    assert found["data"]


async def test_anthropics_client_pages_through_all(three: Stack) -> None:  # noqa: F811
    every = [one["id"] for one in (await get(three, "/v1/models")).json()["data"]]
    async with AsyncAnthropic(api_key=three.api_key, base_url=three.url, max_retries=0) as client:
        assert [one.id async for one in client.models.list(limit=7)] == every
        page = await client.models.list(limit=3, before_id=every[5])
        assert [one.id for one in page.data] == every[2:5]
        one = await client.models.retrieve(every[0])
        assert (one.id, one.type) == (every[0], "model")
    raw = (await get(three, "/v1/models?limit=1000", **{"anthropic-version": "2023-06-01"})).json()
    assert raw.keys() == {"data", "has_more", "first_id", "last_id"}
    assert not {"object", "created", "owned_by"} & raw["data"][0].keys()


async def test_clients_that_check_what_they_get_take_lists_and_models(three: Stack) -> None:  # noqa: F811
    own = {"api_key": three.api_key, "max_retries": 0, "_strict_response_validation": True}
    async with AsyncAnthropic(base_url=three.url, **own) as client:
        every = [one async for one in client.models.list(limit=100)]
        assert await client.models.retrieve(every[-1].id) == every[-1]
        said, catalog = {one.id: one.to_dict(mode="json") for one in every}, load()
        # Newer clients refuse a model without it, and there is no word for "not known".
        assert {one["lifecycle"] for one in said.values()} == {"active", "deprecated"}
        for name, one in said.items():
            known = catalog.find(name)
            day = known.retires if known is not None else None
            assert one.get("retires_at") == (None if day is None else f"{day}T00:00:00Z"), name
            assert one["lifecycle"] == ("active" if day is None else "deprecated"), name
        assert said["claude-sonnet-4-5"]["retires_at"] == "2026-11-30T00:00:00Z"
    async with AsyncOpenAI(base_url=f"{three.url}/v1", **own) as openai:
        assert [one.id async for one in openai.models.list()] == [one.id for one in every]
        assert (await openai.models.retrieve(every[-1].id)).id == every[-1].id


async def test_googles_client_pages_through_all(three: Stack) -> None:  # noqa: F811
    every = [one["id"] for one in (await get(three, "/v1/models")).json()["data"]]
    models: Any = three.google().models
    found = [model async for model in await models.list(config={"page_size": 10, "query_base": True})]
    assert [model.name for model in found] == [f"models/{name}" for name in every]
    one = await models.get(model="gpt-4o")
    assert (one.name, one.output_token_limit) == ("models/gpt-4o", 16_384)


async def test_errors_have_the_shape_of_the_client_s_api(three: Stack) -> None:  # noqa: F811
    plain = await get(three, "/v1/models/nobody")
    assert (plain.status_code, plain.json()["error"]["code"]) == (404, "model_not_found")
    anthropic = await get(three, "/v1/models/nobody", **{"anthropic-version": "2023-06-01"})
    assert (anthropic.status_code, anthropic.json()["error"]["type"]) == (404, "not_found_error")
    google = await get(three, "/v1beta/models/nobody", **{"authorization": "", "x-goog-api-key": three.api_key})
    assert (google.status_code, google.json()["error"]["status"]) == (404, "NOT_FOUND")
    unknown = await get(three, "/v1beta/models", authorization="Bearer sk-none")
    assert (unknown.status_code, unknown.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
