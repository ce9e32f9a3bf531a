"""What the developer guide shows, as it shows it: only the URL and the key are ours."""

import json
import subprocess
import sys
import textwrap

import httpx
import pytest

from tests.fixtures.running import Running, wait_for

PYTHON = """
import openai

client = openai.OpenAI(
    api_key="sk-promptly-abc123...",  # Your Promptly key
    base_url="https://api.getpromptly.in/v1",  # Point to Promptly
)
response = client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is quantum computing?"},
    ],
)
print(response.choices[0].message.content)
"""

STREAMING = """
from openai import OpenAI

client = OpenAI(
    api_key="sk-promptly-abc123...",
    base_url="https://api.getpromptly.in/v1",
)
stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Write a poem about code."}],
    stream=True,
)
for chunk in stream:
    content = chunk.choices[0].delta.content
    if content:
        print(content, end="", flush=True)
"""

CURL = """
curl https://api.getpromptly.in/v1/chat/completions \\
-H "Authorization: Bearer sk-promptly-abc123..." \\
-H "Content-Type: application/json" \\
-d '{
"model": "gpt-4o",
"messages": [{"role": "user", "content": "Hello!"}]
}'
"""


def ours(snippet: str, url: str, key: str) -> str:
    return snippet.replace("https://api.getpromptly.in", url).replace("sk-promptly-abc123...", key)


@pytest.mark.parametrize("snippet", [PYTHON, STREAMING], ids=["python", "streaming"])
def test_the_python_snippets_run(running: Running, snippet: str) -> None:
    account = running.account()
    code = ours(textwrap.dedent(snippet), running.url, account.api_key)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 5


def test_the_curl_snippet_runs(running: Running) -> None:
    account = running.account()
    done = subprocess.run(
        ["bash", "-c", ours(CURL, running.url, account.api_key)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["choices"][0]["message"]["content"]


def test_the_cache_example_behaves_as_printed(running: Running) -> None:
    """France three times, Germany once: miss, hit, hit, miss, at the default threshold."""
    account = running.account()
    client = account.client()
    hits, similarities = [], []
    for question in (
        "What's the capital of France?",
        "capital of france?",
        "What is France's capital city?",
        "What's the capital of Germany?",
    ):
        answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
        metadata = (answer.model_extra or {})["promptly_metadata"]
        hits.append(metadata["cache_hit"])
        similarities.append(metadata["cache_similarity"])
        # An answer is stored beside its delivery, not before it.
        wait_for(lambda: account.get("/api/optimization/cache/stats")["semantic_entries"] >= hits.count(False))
    print(hits, similarities)
    assert hits == [False, True, True, False]
    assert all(similarity >= 0.95 for similarity in similarities[1:3])


def test_a_simple_question_goes_to_the_small_model_and_the_answer_says_what_was_saved(running: Running) -> None:
    account = running.account()
    answer = account.client().chat.completions.create(
        model="gpt-4o",
        messages=[
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Explain recursion in 2 sentences."},
        ],
        temperature=0.7,
        max_tokens=500,
    )
    metadata = (answer.model_extra or {})["promptly_metadata"]
    documented = {
        "baseline_model",
        "routed_model",
        "original_tokens",
        "optimized_tokens",
        "savings",
        "cache_hit",
        "latency_ms",
    }
    assert documented <= set(metadata)
    assert (metadata["baseline_model"], metadata["routed_model"]) == ("gpt-4o", "gpt-4o-mini")
    assert metadata["savings"] > 0
    (entry,) = account.log(1)
    assert entry["id"] == metadata["request_id"]


def test_everything_off_is_a_pure_proxy(running: Running) -> None:
    account = running.account()
    account.put("/api/optimization/settings", level="off", routing_mode="manual", cache_enabled=False)
    question = [{"role": "user", "content": "What  is   the capital of Peru?"}]
    for _ in range(2):
        answer = account.client().chat.completions.create(model="gpt-4o", messages=question)
        metadata = (answer.model_extra or {})["promptly_metadata"]
        assert metadata["routed_model"] == "gpt-4o"
        assert metadata["cache_hit"] is False
        assert metadata["savings"] == 0
        assert metadata["original_tokens"] == metadata["optimized_tokens"]


def test_a_settings_change_reaches_the_gateway_within_a_second(running: Running) -> None:
    account = running.account()
    client = account.client()
    ask = [{"role": "user", "content": "What is the capital of Chile?"}]
    client.chat.completions.create(model="gpt-4o", messages=ask)
    account.put("/api/optimization/settings", routing_mode="manual", cache_enabled=False)

    def manual() -> bool:
        answer = client.chat.completions.create(model="gpt-4o", messages=ask)
        return bool((answer.model_extra or {})["promptly_metadata"]["routed_model"] == "gpt-4o")

    wait_for(manual, seconds=1)


def test_a_new_key_works_and_the_old_one_is_dead_within_a_second(running: Running) -> None:
    account = running.account()
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
    url = f"{running.url}/v1/chat/completions"
    old = {"authorization": f"Bearer {account.api_key}"}
    assert httpx.post(url, json=ask, headers=old, timeout=10).status_code == 200
    made = httpx.post(f"{running.url}/api/keys/platform/regenerate", headers=account.headers, json={}, timeout=10)
    assert made.status_code == 200, made.text
    wait_for(lambda: httpx.post(url, json=ask, headers=old, timeout=10).status_code == 401, seconds=1)
    new = {"x-api-key": made.json()["api_key"]}
    assert httpx.post(url, json=ask, headers=new, timeout=10).status_code == 200
