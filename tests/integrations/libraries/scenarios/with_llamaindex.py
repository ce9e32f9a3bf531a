"""LlamaIndex: its classes for OpenAI's models and for others, a workflow agent, and embeddings with an index over them."""

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import LLM, ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai_like import OpenAILike, OpenAILikeResponses
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


class City(BaseModel):
    """A city and where it is."""

    name: str
    country: str


def weather(city: str) -> str:
    """The weather of a city."""
    return f"It is sunny in {city}."


def population(city: str) -> int:
    """How many people live in a city."""
    return 231_000


def made(model: str) -> LLM:
    """The class that its guide names for such a model."""
    about = {"model": model, "api_key": KEY, "api_base": URL, "max_retries": 0}
    if API == "responses":
        # Without it, it sends a temperature of its own, which OpenAI refuses for its reasoning models.
        about["reasoning_options"] = {"effort": "low"}
        return OpenAILikeResponses(**about, is_function_calling_model=True, context_window=100_000)
    return OpenAILike(**about, is_chat_model=True, is_function_calling_model=True, context_window=100_000)


llm = made(MODEL)


def plain() -> None:
    play({"content": "Lisbon."})
    answer = llm.chat([ChatMessage(role="system", content="Be brief."), ChatMessage(content="Portugal's capital?")])
    assert answer.message.content == "Lisbon.", answer
    used = answer.raw.usage
    is_used(
        *(
            (used.input_tokens, used.output_tokens)
            if API == "responses"
            else (used.prompt_tokens, used.completion_tokens)
        )
    )


def stream() -> None:
    play({"content": "One two three."})
    pieces = [part.delta or "" for part in llm.stream_chat([ChatMessage(content="Count to three.")])]
    are_pieces(pieces, "One two three.")


def completion() -> None:
    play({"content": "Yes."})
    assert llm.complete("Say yes.").text == "Yes."


async def tool_loop() -> None:
    calls = [call("weather", 1, city="Porto"), call("population", 2, city="Porto")]
    play({"content": "I look.", "tool_calls": calls}, {"content": "Sunny, 231,000 people."})
    agent = FunctionAgent(tools=[weather, population], llm=llm, system_prompt="Use the tools.")
    found = await agent.run("Tell me of Porto.")
    assert str(found) == "Sunny, 231,000 people.", found
    assert [one.tool_output.content for one in found.tool_calls] == ["It is sunny in Porto.", "231000"], (
        found.tool_calls
    )


def called_function() -> None:
    play({"tool_calls": [call("weather", 1, city="Faro")]})
    found = llm.predict_and_call([FunctionTool.from_defaults(weather)], "How is Faro?")
    assert found.response == "It is sunny in Faro.", found


def structured_output() -> None:
    called = {"tool_calls": [call("City", 1, name="Porto", country="Portugal")]}
    play({"content": '{"name":"Porto","country":"Portugal"}'} if API == "responses" else called)
    found = llm.as_structured_llm(City).complete("Porto is a city in Portugal.")
    assert found.raw == City(name="Porto", country="Portugal"), found


def embeddings() -> None:
    made = OpenAIEmbedding(model_name=EMBEDDINGS, api_key=KEY, api_base=URL)
    texts = ["Porto is a city.", "A cat sleeps.\nIt dreams: 猫 😀."]
    found = made.get_text_embedding_batch(texts)
    are_vectors(found)
    index = VectorStoreIndex.from_documents([Document(text=text) for text in texts], embed_model=made)
    (nearest,) = index.as_retriever(similarity_top_k=1).retrieve(texts[1])
    assert nearest.text == texts[1], nearest
    play({"content": "A cat."})
    assert str(index.as_query_engine(llm=llm).query("Who sleeps?")) == "A cat."


def unknown_model() -> None:
    try:
        made(UNKNOWN).chat([ChatMessage(content="Hello?")])
    except NotFoundError as error:
        tells_unknown_model(error)
    else:
        raise AssertionError("no error")


scenarios = [plain, stream, completion, tool_loop, called_function, structured_output]
run(*scenarios, *([embeddings] if EMBEDDINGS else []), unknown_model)
