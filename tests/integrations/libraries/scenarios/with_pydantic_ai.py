"""Pydantic AI with both of its classes for OpenAI's API."""

from played import (
    API,
    EMBEDDINGS,
    KEY,
    MODEL,
    UNKNOWN,
    URL,
    are_pieces,
    are_vectors,
    call,
    is_used,
    play,
    run,
    tells_unknown_model,
)
from pydantic import BaseModel
from pydantic_ai import Agent, Embedder, ModelHTTPError, NativeOutput, PromptedOutput
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

speaks = {"responses": OpenAIResponsesModel, "chat": OpenAIChatModel}[API]
provider = OpenAIProvider(base_url=URL, api_key=KEY)
model = speaks(MODEL, provider=provider)
PORTO = '{"name":"Porto","country":"Portugal"}'


class City(BaseModel):
    name: str
    country: str


async def plain() -> None:
    play({"content": "Lisbon."})
    result = await Agent(model, instructions="Be brief.").run("What is Portugal's capital?")
    assert result.output == "Lisbon.", result.output
    is_used(result.usage.input_tokens, result.usage.output_tokens)


async def stream() -> None:
    play({"content": "One two three."})
    async with Agent(model).run_stream("Count to three.") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    are_pieces(pieces, "One two three.")
    is_used(result.usage.input_tokens, result.usage.output_tokens)


async def tool_loop() -> None:
    calls = [call("weather", 1, city="Porto"), call("population", 2, city="Porto")]
    play({"content": "I look.", "tool_calls": calls}, {"content": "Sunny, 231,000 people."})
    agent, asked = Agent(model), []

    @agent.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return f"It is sunny in {city}."

    @agent.tool_plain
    def population(city: str) -> int:
        """How many people live in a city."""
        asked.append(city)
        return 231_000

    result = await agent.run("Tell me of Porto.")
    assert (result.output, asked) == ("Sunny, 231,000 people.", ["Porto", "Porto"]), (result.output, asked)
    is_used(result.usage.input_tokens, result.usage.output_tokens, answers=2)


async def structured_output() -> None:
    step = {"tool_calls": [call("final_result", 1, name="Porto", country="Portugal")]}
    play(step, {"content": PORTO}, {"content": PORTO})
    for kind in (City, NativeOutput(City), PromptedOutput(City)):
        result = await Agent(model, output_type=kind).run(f"Porto is a city in Portugal. Answer as {kind}.")
        assert result.output == City(name="Porto", country="Portugal"), result.output


async def streamed_object() -> None:
    play({"tool_calls": [call("final_result", 1, name="Porto", country="Portugal")]})
    async with Agent(model, output_type=City).run_stream("Porto is a city. Where?") as result:
        *_, last = [part async for part in result.stream_output(debounce_by=None)]
    assert last == City(name="Porto", country="Portugal"), last


async def conversation() -> None:
    play({"content": "Noted."}, {"content": "Your name is Ada."})
    first = await Agent(model).run("My name is Ada.")
    second = await Agent(model).run("What is my name?", message_history=first.all_messages())
    assert second.output == "Your name is Ada.", second.output


async def embeddings() -> None:
    embedder = Embedder(OpenAIEmbeddingModel(EMBEDDINGS, provider=provider))
    found = await embedder.embed_documents(["Porto is a city.", "So is Lisbon."])
    are_vectors(found.embeddings)
    assert found.usage.input_tokens > 0, found.usage


async def unknown_model() -> None:
    try:
        await Agent(speaks(UNKNOWN, provider=provider)).run("Hello?")
    except ModelHTTPError as error:
        tells_unknown_model(error)
    else:
        raise AssertionError("no error")


scenarios = [plain, stream, tool_loop, structured_output, streamed_object, conversation]
run(*scenarios, *([embeddings] if EMBEDDINGS else []), unknown_model)
