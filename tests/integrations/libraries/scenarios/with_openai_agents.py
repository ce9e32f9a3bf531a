"""The OpenAI Agents SDK, which speaks the Responses API unless it is told otherwise."""

from agents import Agent, Runner, function_tool, set_tracing_disabled
from openai import NotFoundError
from played import MODEL, UNKNOWN, are_pieces, call, is_used, play, run, tells_unknown_model
from pydantic import BaseModel

set_tracing_disabled(True)  # traces would go to OpenAI


class City(BaseModel):
    name: str
    country: str


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"It is sunny in {city}."


@function_tool
def population(city: str) -> int:
    """How many people live in a city."""
    return 231_000


async def plain() -> None:
    play({"content": "Lisbon."})
    result = await Runner.run(Agent(name="Guide", instructions="Be brief.", model=MODEL), "What is Portugal's capital?")
    assert result.final_output == "Lisbon.", result.final_output
    used = result.context_wrapper.usage
    is_used(used.input_tokens, used.output_tokens)


async def stream() -> None:
    play({"content": "One two three."})
    result = Runner.run_streamed(Agent(name="Counter", model=MODEL), "Count to three.")
    pieces = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    are_pieces(pieces, result.final_output)
    assert result.final_output == "One two three."
    used = result.context_wrapper.usage
    is_used(used.input_tokens, used.output_tokens)


async def tool_loop() -> None:
    calls = [call("weather", 1, city="Porto"), call("population", 2, city="Porto")]
    play({"content": "I look.", "tool_calls": calls}, {"content": "Sunny, 231,000 people."})
    agent = Agent(name="Meteorologist", model=MODEL, tools=[weather, population])
    result = await Runner.run(agent, "Tell me of Porto.")
    assert result.final_output == "Sunny, 231,000 people.", result.final_output
    outputs = [item.output for item in result.new_items if item.type == "tool_call_output_item"]
    assert outputs == ["It is sunny in Porto.", 231_000], outputs
    used = result.context_wrapper.usage
    is_used(used.input_tokens, used.output_tokens, answers=2)


async def handoff() -> None:
    play({"tool_calls": [call("transfer_to_spanish_agent")]}, {"content": "Hola."})
    spanish = Agent(name="Spanish agent", model=MODEL, instructions="Speak Spanish.")
    result = await Runner.run(Agent(name="Triage", model=MODEL, handoffs=[spanish]), "Say hello in Spanish.")
    assert (result.final_output, result.last_agent.name) == ("Hola.", "Spanish agent")


async def structured_output() -> None:
    play({"content": '{"name":"Porto","country":"Portugal"}'})
    result = await Runner.run(Agent(name="Mapper", model=MODEL, output_type=City), "Porto is a city in Portugal.")
    assert result.final_output == City(name="Porto", country="Portugal"), result.final_output


async def conversation() -> None:
    play({"content": "Noted."}, {"content": "Your name is Ada."})
    agent = Agent(name="Listener", model=MODEL)
    first = await Runner.run(agent, "My name is Ada.")
    second = await Runner.run(agent, "What is my name?", previous_response_id=first.last_response_id)
    assert second.final_output == "Your name is Ada.", second.final_output


async def unknown_model() -> None:
    try:
        await Runner.run(Agent(name="Nobody", model=UNKNOWN), "Hello?")
    except NotFoundError as error:
        tells_unknown_model(error)
    else:
        raise AssertionError("no error")


run(plain, stream, tool_loop, handoff, structured_output, conversation, unknown_model)
