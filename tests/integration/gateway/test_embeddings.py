"""POST /v1/embeddings, vector by vector of its specification (§3.5), with OpenAI's own client where that is enough."""

import base64
import hashlib
import json
import math
import struct
from typing import Any

import httpx
import pytest

from libs.common import tokens
from tests.fake_provider.script import Step
from tests.fake_provider.side_routes import vector
from tests.fixtures.embeddings import SMALL, Embedding, answer_of, rows
from tests.fixtures.nats import until


async def test_01_the_sdks_default_is_base64_all_the_way(made: Embedding) -> None:
    answer = await made.stack.client().embeddings.create(model=SMALL, input="Hello!")
    assert answer.data[0].embedding == pytest.approx(vector("Hello!", 1536))
    (entry,) = made.stack.provider.ledger
    assert entry["body"]["encoding_format"] == "base64"
    event = await made.recorded()
    assert (event.kind, event.status, event.items, event.cached_items) == ("embedding", "success", 1, 0)
    assert (event.cache, event.raw, event.target_surface) == ("miss", True, "embed")
    assert event.tokens.uncached_input == event.tokens.input == answer.usage.prompt_tokens == entry["prompt_tokens"]
    assert event.actual_cost_nano == event.baseline_cost_nano == entry["prompt_tokens"] * 20


async def test_01_a_batch_without_hits_goes_out_as_it_came(made: Embedding) -> None:
    body = b'{ "input" : ["a\\u00e9", "b"],"encoding_format":"base64", "model":"text-embedding-3-small"}'
    async with httpx.AsyncClient(base_url=made.stack.url) as http:
        key = {"authorization": f"Bearer {made.stack.api_key}"}
        assert (await http.post("/v1/embeddings", content=body, headers=key)).status_code == 200
    assert made.stack.provider.ledger[0]["sha256"] == hashlib.sha256(body).hexdigest()


async def test_02_without_an_encoding_clients_get_numbers_and_upstream_base64(made: Embedding) -> None:
    answer = await made.post(input="Hello!")
    assert isinstance(answer.json()["data"][0]["embedding"], list)
    assert rows(answer) == [pytest.approx(vector("Hello!", 1536))]
    assert made.sent[0]["encoding_format"] == "base64"
    assert answer.headers["x-promptly-cache"] == "miss"
    assert set(answer.json()) == {"object", "data", "model", "usage"}


async def test_03_only_what_is_missing_goes_out_and_only_that_is_charged(made: Embedding) -> None:
    await made.post(input=["one", "two", "three"])
    await made.kept(3)
    answer = await made.post(input=["two", "a longer fourth", "one", "a fifth one, too", "three"])
    assert made.sent[1]["input"] == ["a longer fourth", "a fifth one, too"]
    texts = ["two", "a longer fourth", "one", "a fifth one, too", "three"]
    assert rows(answer) == [pytest.approx(vector(text, 1536)) for text in texts]
    first, second = (entry["prompt_tokens"] for entry in made.stack.provider.ledger)
    assert answer.json()["usage"] == {"prompt_tokens": first + second, "total_tokens": first + second}
    event = await made.recorded(2)
    assert (event.items, event.cached_items, event.tokens.input, event.original_tokens) == (
        5,
        3,
        second,
        first + second,
    )
    assert event.actual_cost_nano == second * 20
    assert event.baseline_cost_nano == (first + second) * 20
    (lever,) = event.levers
    assert (lever.lever, lever.tokens, lever.nano_usd) == ("caching", first, first * 20)


async def test_04_repeats_in_a_batch_go_out_once(made: Embedding) -> None:
    answer = await made.post(input=["a", "a", "b"])
    assert made.sent[0]["input"] == ["a", "b"]
    assert rows(answer) == [pytest.approx(vector(text, 1536)) for text in "aab"]
    assert answer.json()["usage"]["prompt_tokens"] == 3


async def test_05_token_arrays_go_to_openai(made: Embedding) -> None:
    answer = await made.post(input=[[1, 2], [3]])
    assert made.sent[0]["input"] == [[1, 2], [3]]
    assert rows(answer) == [pytest.approx(vector("[1, 2]", 1536)), pytest.approx(vector("[3]", 1536))]
    assert answer.json()["usage"]["prompt_tokens"] == 3
    assert rows(await made.post(input=[1, 2])) == rows(await made.post(input=[[1, 2]]))


@pytest.mark.parametrize(("provider", "model"), [("google", "gemini-embedding-001"), ("mistral", "mistral-embed")])
async def test_05_where_only_texts_are_taken_token_arrays_go_as_their_texts(
    made: Embedding, provider: str, model: str
) -> None:
    """LangChain sends tokens unless it is told otherwise, whatever the model."""
    made.use(provider, models=(model,))
    texts = ["Porto is a city.\n", "猫 sleeps 😀"]
    arrays = [tokens.encoding_for("gpt-4")[0].encode_ordinary(text) for text in texts]
    by_tokens = rows(await made.post(model=model, input=arrays))
    await made.kept(2)
    assert by_tokens == rows(await made.post(model=model, input=texts))  # from the cache: they are the same inputs
    assert len(made.sent) == 1
    assert rows(await made.post(model=model, input=arrays[0])) == by_tokens[:1]


async def test_05_a_character_that_was_cut_in_two_is_left_out(made: Embedding) -> None:
    made.use("google")
    vocabulary = tokens.encoding_for("gpt-4")[0]
    ids = vocabulary.encode_ordinary("My 猫 sleeps")
    cut = next(at for at, one in enumerate(ids) if b"\xab" in vocabulary.decode_bytes([one]))
    whole = rows(await made.post(model="gemini-embedding-001", input=["My ", " sleeps"]))
    assert rows(await made.post(model="gemini-embedding-001", input=[ids[:cut], ids[cut:]])) == whole


@pytest.mark.parametrize("ids", [[], [100_300], [-1], [2**70], [95, 95], [9468, 95]])
async def test_05_ids_that_are_no_text_are_refused(made: Embedding, ids: list[int]) -> None:
    made.use("google")
    refused = await made.post(model="gemini-embedding-001", input=[[1], ids])
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input")
    assert made.sent == []


async def test_05_too_many_ids_are_refused_before_they_are_read(made: Embedding) -> None:
    for provider, model in (("google", "gemini-embedding-001"), ("openai", SMALL)):
        made.use(provider)
        refused = await made.post(model=model, input=[[1] * 8000] * 38)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "max_tokens_per_request")


async def test_05_as_many_ids_as_openai_takes_in_one_request(made: Embedding) -> None:
    """LangChain puts up to 300,000 tokens into a request."""
    arrays = [[1, 2, at] for at in range(1000, 3000)] + [[7] * 8000] * 36
    assert sum(map(len, arrays)) > 290_000
    assert len(rows(await made.post(input=arrays))) == len(arrays)
    assert sum(map(len, made.sent[0]["input"])) == 6000 + 8000  # each once
    refused = await made.post(input=[[1] * 8000] * 60)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "too_many_values")


async def test_06_a_server_that_does_not_know_base64_is_translated(made: Embedding) -> None:
    made.use("openai_compatible", models=("own",))
    values = [1.0, *[0.5] * 767]
    made.stack.provider.script.add("/v1/embeddings", [answer_of(values)])
    answer = await made.post(model="own", input="x", encoding_format="base64")
    assert isinstance(answer.json()["data"][0]["embedding"], str)
    assert rows(answer) == [values]
    event = await made.recorded()
    assert (event.actual_cost_nano, event.unpriced, event.provider) == (None, ("input",), "openai_compatible")


async def test_07_google_gets_batches_of_100_and_what_came_before_a_failure_is_kept(made: Embedding) -> None:
    made.use("google")
    texts = [f"text {at}" for at in range(250)]
    path = "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    made.stack.provider.script.add(path, [Step(), Step(), Step(status=400, message="No.")])
    refused = await made.post(model="gemini-embedding-001", input=texts)
    assert refused.status_code == 400
    assert sorted(len(body["requests"]) for body in made.sent) == [50, 100, 100]
    await made.kept(200)
    event = await made.recorded()
    assert event.status == "error"
    assert event.actual_cost_nano is not None
    assert event.actual_cost_nano > 0
    answer = await made.post(model="gemini-embedding-001", input=texts)
    assert len(made.sent[3]["requests"]) == 50
    assert [request["content"]["parts"][0]["text"] for request in made.sent[3]["requests"]] == texts[200:]
    assert rows(answer) == [pytest.approx(vector(text, 3072)) for text in texts]


async def test_08_another_organisation_misses(made: Embedding) -> None:
    await made.post(input="the same")
    await made.kept(1)
    (key,) = made.cache.kept
    made.cache.kept = {("org_other", key[1]): made.cache.kept[key]}
    await made.post(input="the same")
    assert len(made.sent) == 2


async def test_09_a_text_and_token_ids_never_share_a_key(made: Embedding) -> None:
    await made.post(input="1,2")
    await made.post(input=[1, 2])
    await made.kept(2)
    assert len(made.sent) == 2


async def test_10_a_provider_that_is_down_is_an_error_and_never_another_model(made: Embedding) -> None:
    made.stack.provider.script.add("/v1/embeddings", [Step(status=503, message="Overloaded.")] * 3)
    answer = await made.post(input="x")
    assert answer.status_code == 502
    assert {body["model"] for body in made.sent} == {SMALL}
    event = await made.recorded()
    assert (event.status, event.actual_cost_nano, event.routed_model) == ("error", 0, SMALL)


async def test_11_rows_are_placed_by_their_index(made: Embedding) -> None:
    made.use("openai_compatible", models=("own",))
    step = answer_of([0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], indexes=[2, 0, 1])
    made.stack.provider.script.add("/v1/embeddings", [step])
    first = await made.post(model="own", input=["a", "b", "c"])
    assert rows(first) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    await made.kept(3)
    assert rows(await made.post(model="own", input=["c", "a"])) == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert len(made.sent) == 1


async def test_12_a_hit_between_two_misses_keeps_its_place(made: Embedding) -> None:
    await made.post(input="a")
    await made.kept(1)
    answer = await made.post(input=["b", "a", "c"])
    assert made.sent[1]["input"] == ["b", "c"]
    assert rows(answer) == [pytest.approx(vector(text, 1536)) for text in "bac"]


async def test_13_three_texts_are_three_requests_to_google(made: Embedding) -> None:
    made.use("google")
    answer = await made.post(model="gemini-embedding-2", input=["a", "b", "c"])
    (body,) = made.sent
    assert [request["model"] for request in body["requests"]] == ["models/gemini-embedding-2"] * 3
    assert [request["content"]["parts"] for request in body["requests"]] == [[{"text": text}] for text in "abc"]
    assert rows(answer) == [pytest.approx(vector(text, 3072)) for text in "abc"]


async def test_14_dimensions_reach_google_and_come_back_normalised(made: Embedding) -> None:
    made.use("google")
    values = [3.0, 4.0] * 768
    content = json.dumps({"embeddings": [{"values": values}]})
    path = "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    made.stack.provider.script.add(path, [Step(content=content)])
    answer = await made.post(
        model="gemini-embedding-001", input="x", dimensions=1536, task_type="CLUSTERING", title="t"
    )
    (request,) = made.sent[0]["requests"]
    assert (request["outputDimensionality"], request["taskType"], request["title"]) == (1536, "CLUSTERING", "t")
    (found,) = rows(answer)
    assert len(found) == 1536
    assert math.hypot(*found) == pytest.approx(1.0, abs=1e-5)
    assert (await made.recorded()).estimated


@pytest.mark.parametrize("given", ["", ["a", ""], [], ["a"] * 2049, [[]], {"a": 1}, ["a", 1], None, [1.5]])
async def test_15_what_openai_refuses_is_refused_here(made: Embedding, given: Any) -> None:
    answer = await made.post(input=given)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "input"
    assert made.sent == []


async def test_15_too_many_tokens_are_refused_here(made: Embedding) -> None:
    answer = await made.post(input=["word " * 100_000] * 4)
    assert answer.status_code == 400
    assert "300000 tokens" in answer.json()["error"]["message"]
    assert made.sent == []


@pytest.mark.parametrize(
    "body", [{"encoding_format": "int8"}, {"dimensions": 0}, {"dimensions": "many"}, {"task_type": "x"}]
)
async def test_16_other_formats_and_fields_are_refused(made: Embedding, body: dict[str, Any]) -> None:
    answer = await made.post(input="x", **body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] in body
    assert made.sent == []


async def test_17_the_encoding_does_not_matter_to_the_cache(made: Embedding) -> None:
    first = await made.post(input="x", encoding_format="float")
    await made.kept(1)
    second = await made.post(input="x", encoding_format="base64")
    assert second.headers["x-promptly-cache"] == "hit"
    assert len(made.sent) == 1
    assert rows(second)[0] == pytest.approx(rows(first)[0])


async def test_18_a_batch_that_is_cached_is_no_call_and_costs_nothing(made: Embedding) -> None:
    texts = [str(at) for at in range(2048)]
    first = await made.post(input=texts, dimensions=8)
    await made.kept(2048)
    second = await made.post(input=texts, dimensions=8)
    assert first.json() == second.json()
    assert len(made.sent) == 1
    event = await made.recorded(2)
    assert (event.status, event.cache, event.cached_items, event.actual_cost_nano) == ("cached", "exact", 2048, 0)
    assert event.baseline_cost_nano == first.json()["usage"]["prompt_tokens"] * 20
    assert event.served_model == SMALL


def _with(value: float) -> str:
    return base64.b64encode(struct.pack("<3f", 1.0, value, 0.0)).decode()


@pytest.mark.parametrize(
    "step",
    [
        answer_of(_with(math.nan)),
        answer_of(_with(math.inf)),
        answer_of([0.0, 0.0, 0.0]),
        answer_of([1.0], [1.0]),
        answer_of(),
        answer_of("???"),
        answer_of(["1"]),
        Step(content="[]"),
    ],
    ids=["nan", "inf", "zeros", "two", "none", "no-base64", "text", "list"],
)
async def test_19_what_is_no_vector_is_an_error_and_not_kept(made: Embedding, step: Step) -> None:
    made.stack.provider.script.add("/v1/embeddings", [step, step])
    answer = await made.post(input="x")
    assert answer.status_code == 502
    assert made.cache.kept == {}
    assert (await made.recorded()).status == "error"


async def test_19_another_number_of_dimensions_is_an_error(made: Embedding) -> None:
    made.stack.provider.script.add("/v1/embeddings", [answer_of([1.0, 2.0])])
    assert (await made.post(input="x", dimensions=3)).status_code == 502
    made.stack.provider.script.add("/v1/embeddings", [answer_of([1.0, 2.0], [1.0])])
    assert (await made.post(input=["x", "y"])).status_code == 502
    event = await made.recorded(2)
    assert event.actual_cost_nano == 60, "it was paid for"


async def test_20_a_limit_on_the_second_slice_is_passed_on_and_the_first_is_kept(made: Embedding) -> None:
    made.use("google")
    path = "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    made.stack.provider.script.add(path, [Step(), Step(status=429, message="Slow down.", headers={"retry-after": "7"})])
    answer = await made.post(model="gemini-embedding-001", input=[f"text {at}" for at in range(150)])
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    await until(lambda: len(made.cache.kept) in (50, 100))
