"""LangChain: chat models and embeddings of langchain-openai, and an agent of langchain."""

from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import NotFoundError
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

responses = API == "responses"
llm = ChatOpenAI(model=MODEL, api_key=KEY, base_url=URL, use_responses_api=responses, stream_usage=True)
PORTO = '{"name":"Porto","country":"Portugal"}'


class City(BaseModel):
    """A city and where it is."""

    name: str
    country: str


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"It is sunny in {city}."


@tool
def population(city: str) -> int:
    """How many people live in a city."""
    return 231_000


def plain() -> None:
    play({"content": "Lisbon."})
    answer = llm.invoke([("system", "Be brief."), ("human", "What is Portugal's capital?")])
    assert answer.text == "Lisbon.", answer.text
    is_used(answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"])


def stream() -> None:
    play({"content": "One two three."})
    chunks = list(llm.stream("Count to three."))
    are_pieces([chunk.text for chunk in chunks], "One two three.")
    whole = sum(chunks[1:], chunks[0])
    is_used(whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"])


async def asynchronous() -> None:
    play({"content": "Good morning."}, {"content": "Good night."})
    assert (await llm.ainvoke("Say good morning.")).text == "Good morning."
    assert "".join([chunk.text async for chunk in llm.astream("Say good night.")]) == "Good night."


def tool_loop() -> None:
    calls = [call("weather", 1, city="Porto"), call("population", 2, city="Porto")]
    play({"content": "I look.", "tool_calls": calls}, {"content": "Sunny, 231,000 people."})
    found = create_agent(llm, [weather, population]).invoke({"messages": [HumanMessage("Tell me of Porto.")]})
    _, asked, *results, last = found["messages"]
    assert [one.content for one in results] == ["It is sunny in Porto.", "231000"], results
    assert (asked.text, last.text) == ("I look.", "Sunny, 231,000 people."), found
    is_used(last.usage_metadata["input_tokens"], last.usage_metadata["output_tokens"])


def structured_output() -> None:
    play({"content": PORTO}, {"tool_calls": [call("City", 1, name="Porto", country="Portugal")]}, {"content": PORTO})
    for method in ("json_schema", "function_calling", "json_mode"):
        found = llm.with_structured_output(City, method=method).invoke(
            f"Porto is in Portugal. Say so as JSON, {method}."
        )
        assert found == City(name="Porto", country="Portugal"), (method, found)


def structured_agent() -> None:
    asked = {"tool_calls": [call("weather", 1, city="Porto")]}
    play(asked, {"tool_calls": [call("City", 2, name="Porto", country="Portugal")]})
    agent = create_agent(llm, [weather], response_format=ToolStrategy(City))
    found = agent.invoke({"messages": [HumanMessage("Where is it sunny?")]})
    assert found["structured_response"] == City(name="Porto", country="Portugal"), found


def embeddings() -> None:
    texts = ["Porto is a city.", "A cat sleeps.\nIt dreams: 猫 😀."]
    for sends_tokens in (True, False):  # tokens are what it sends unless it is told otherwise
        vectors = OpenAIEmbeddings(model=EMBEDDINGS, api_key=KEY, base_url=URL, check_embedding_ctx_length=sends_tokens)
        found = vectors.embed_documents(texts)
        are_vectors(found)
        assert vectors.embed_query(texts[0]) == found[0] != found[1]


def unknown_model() -> None:
    try:
        llm.model_copy(update={"model_name": UNKNOWN}).invoke("Hello?")
    except NotFoundError as error:
        tells_unknown_model(error)
    else:
        raise AssertionError("no error")


scenarios = [plain, stream, asynchronous, tool_loop, structured_output, structured_agent]
run(*scenarios, *([embeddings] if EMBEDDINGS else []), unknown_model)
