"""The guide's LangChain snippet, and a stream. The address and the key are the first two arguments."""

import sys

from langchain_openai import ChatOpenAI

url, key = sys.argv[1:]
llm = ChatOpenAI(
    model="gpt-4o",
    api_key=key,
    base_url=f"{url}/v1",
)
response = llm.invoke("Explain quantum computing.")
print(response.content)
assert response.usage_metadata["input_tokens"] > 0
assert "".join(chunk.content for chunk in llm.stream("Explain recursion."))
