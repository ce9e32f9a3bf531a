"""The guide's LlamaIndex snippet, used. The address and the key are the first two arguments."""

import sys

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI

url, key = sys.argv[1:]
llm = OpenAI(
    model="gpt-4o",
    api_key=key,
    api_base=f"{url}/v1",
)
response = llm.chat([ChatMessage(role="user", content="Explain quantum computing.")])
print(response.message.content)
assert "".join(chunk.delta or "" for chunk in llm.stream_chat([ChatMessage(role="user", content="Explain recursion.")]))
