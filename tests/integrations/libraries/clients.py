"""Libraries and programs that speak OpenAI's API: the script that uses each, and the environment that it runs in."""

from dataclasses import dataclass

# Models that the catalogue and the played providers know, and each provider's model for vectors (empty: it has none).
EMBEDDINGS = {"anthropic": "", "openai": "text-embedding-3-small", "google": "gemini-embedding-001"}


@dataclass(frozen=True)
class Library:
    """`environment` is its lock file's name, in `requirements` or for a package of Node's in `node`; `script` one of `scenarios`.
    `apis` are those of OpenAI's that it speaks, the one that it takes by itself first.
    """

    name: str
    environment: str
    script: str
    apis: tuple[str, ...] = ("chat", "responses")

    @property
    def node(self) -> bool:
        """Whether it runs on Node."""
        return self.script.endswith(".mjs")


LIBRARIES = (
    Library("openai-agents", "openai-agents", "with_openai_agents.py", apis=("responses",)),
    Library("pydantic-ai-slim", "pydanticai", "with_pydantic_ai.py", apis=("responses", "chat")),
    Library("langchain-openai", "langchain", "with_langchain.py"),
    Library("llama-index-core", "llamaindex", "with_llamaindex.py"),
    Library("llm", "llm", "with_llm.py"),
    Library("aider-chat", "aider", "with_aider.py", apis=("chat",)),
    Library("@ai-sdk/openai", "vercel-ai-sdk", "with_ai_sdk.mjs", apis=("responses", "chat")),
)
