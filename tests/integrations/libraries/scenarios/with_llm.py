"""Simon Willison's `llm` on the command line, with the model in `extra-openai-models.yaml`, as its documentation says."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from played import API, EMBEDDINGS, KEY, MODEL, UNKNOWN, URL, call, is_used, play, run, tells_unknown_model

LLM = str(Path(sys.executable).parent / "llm")
home = tempfile.TemporaryDirectory()


def llm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, in a home of its own; embeddings have no setting for an address, but take that of OpenAI's client."""
    own = {"LLM_USER_PATH": home.name, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": URL}
    command = [LLM, *arguments]
    return subprocess.run(command, env={**os.environ, **own}, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def said(*arguments: str) -> str:
    done = llm(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def prepare() -> None:
    keys = ("supports_schema", "supports_tools", "vision", *(("responses",) if API == "responses" else ()))
    entries = [
        {
            "model_id": name,
            "model_name": model,
            "api_base": URL,
            "api_key_name": "promptly",
            **dict.fromkeys(keys, True),
        }
        for name, model in (("mine", MODEL), ("nobody", UNKNOWN))
    ]
    Path(home.name, "extra-openai-models.yaml").write_text(json.dumps(entries))  # which is YAML, too
    said("keys", "set", "promptly", "--value", KEY)


def plain() -> None:
    play({"content": "Lisbon."})
    done = llm("-m", "mine", "--no-stream", "--usage", "-s", "Be brief.", "What is Portugal's capital?")
    assert done.stdout.strip() == "Lisbon.", done
    used = re.search(r"([\d,]+) input, ([\d,]+) output", done.stderr)
    assert used, done.stderr
    is_used(int(used[1]), int(used[2]))


def stream() -> None:
    play({"content": "One two three."})
    done = llm("-m", "mine", "--usage", "Count to three.")
    assert done.stdout.strip() == "One two three.", done
    used = re.search(r"([\d,]+) input, ([\d,]+) output", done.stderr)
    assert used, done.stderr
    is_used(int(used[1]), int(used[2]))


def tool_loop() -> None:
    calls = [call("weather", 1, city="Porto"), call("population", 2, city="Porto")]
    play({"content": "I look.", "tool_calls": calls}, {"content": "Sunny, 231,000 people."})
    functions = (
        'def weather(city: str) -> str:\n    return "sunny"\ndef population(city: str) -> int:\n    return 231000'
    )
    found = said("-m", "mine", "--functions", functions, "Tell me of Porto.")
    assert "Sunny, 231,000 people." in found, found


def structured_output() -> None:
    play({"content": '{"name":"Porto","country":"Portugal"}'})
    found = said("-m", "mine", "--schema", "name, country", "Porto is a city in Portugal.")
    assert json.loads(found) == {"name": "Porto", "country": "Portugal"}, found


def conversation() -> None:
    play({"content": "Noted."}, {"content": "Your name is Ada."})
    said("-m", "mine", "My name is Ada.")
    assert said("-c", "What is my name?") == "Your name is Ada."


def attachment() -> None:
    play({"content": "A red square."})
    picture = Path(home.name, "red.png")
    # Eight by eight pixels, all red.
    picture.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000008000000080802000000"
            "4b6d29dc0000001249444154789c63f8cfc080156117"
            "1db41200"
            "28ff3fc16eedfd61"
            "0000000049454e44ae426082"
        )
    )
    assert said("-m", "mine", "-a", str(picture), "What is in the picture?") == "A red square."


def endpoint() -> None:
    """Without any configuration."""
    play({"content": "Hello."})
    more = ("--responses",) if API == "responses" else ()
    assert said("openai", "endpoint", URL, "Hello!", "-m", MODEL, "--key", KEY, *more) == "Hello."
    assert MODEL in said("openai", "endpoint", URL, "--models", "--key", KEY).split()


def embeddings() -> None:
    vector = json.loads(said("embed", "-m", EMBEDDINGS, "-c", "Porto is a city."))
    assert len(vector) > 100
    said("embed", "cities", "porto", "-m", EMBEDDINGS, "-c", "Porto is a city.", "--store")
    assert "porto" in said("similar", "cities", "-c", "Porto is a city.")


def unknown_model() -> None:
    done = llm("-m", "nobody", "Hello?")
    assert done.returncode != 0
    tells_unknown_model(done.stderr)


prepare()
scenarios = [plain, stream, tool_loop, structured_output, conversation, attachment, endpoint]
# It knows the names of OpenAI's models for vectors alone.
run(*scenarios, *([embeddings] if EMBEDDINGS.startswith("text-embedding") else []), unknown_model)
