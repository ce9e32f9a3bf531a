"""Coding agents as they are released: how each is pointed at Promptly, and which tools of its own it is told to call."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TASK = "Create hello.txt that says Hello there, then make it say Hello world"
DONE = "The file says Hello world."
STILL = "It still says Hello world."
RED = "A red square."
# Models that the catalogue and the played providers know, and that the Gemini CLI takes as they are.
MODELS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-terra", "google": "gemini-3.8-flash"}
# Eight by eight pixels, all red.
_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"


def step(text: str, number: int, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the played model does: it says something and calls one tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {"content": text, "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]}


@dataclass(frozen=True)
class Turn:
    """One more call of an agent in the same folder and home. `says` has to be in what it prints, `carries` in what the provider gets.

    `switched` has it go on with another provider's model, `logged` has to be in Promptly's log once more.
    """

    name: str
    command: Callable[[str], list[str]]
    steps: Callable[[Path], list[dict[str, Any]]]
    says: str = ""
    carries: str = ""
    switched: bool = False
    logged: str = ""


@dataclass(frozen=True)
class Agent:
    """`command` and `environment` take the address of Promptly, a key, a model, the folder to work in and a home of its own;
    `prepare` writes its configuration. `steps` is the tool loop that the model plays. `kind` is the endpoint that it speaks.
    `whole_lock` is false where the packages of other platforms are not in the lock file, as they are in no registry at hand.
    """

    name: str
    binary: str
    kind: str
    command: Callable[[str], list[str]]
    environment: Callable[[str, str], dict[str, str]]
    steps: Callable[[Path], list[dict[str, Any]]]
    prepare: Callable[[Path, str, str], None] = lambda home, url, model: None
    turns: tuple[Turn, ...] = ()
    whole_lock: bool = True


def said(text: str) -> Callable[[Path], list[dict[str, Any]]]:
    """The model says one thing."""
    return lambda folder: [{"content": text}]


def picture(folder: Path) -> None:
    """Put red.png and schema.json into the folder."""
    (folder / "red.png").write_bytes(base64.b64decode(_PICTURE))
    properties = {"says": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["says"], "additionalProperties": False}
    (folder / "schema.json").write_text(json.dumps(schema))


def _read_again(tool: str, **more: str) -> Callable[[Path], list[dict[str, Any]]]:
    """The model looks at the file once more, with a tool that takes a shell command."""
    name = "cmd" if tool == "exec_command" else "command"
    return lambda folder: [step("", 9, tool, **{name: f"cat {folder}/hello.txt"}, **more), {"content": STILL}]


def _claude_steps(folder: Path) -> list[dict[str, Any]]:
    file = str(folder / "hello.txt")
    return [
        step("I will write the file.", 1, "Write", file_path=file, content="Hello there\n"),
        step("Now I edit it.", 2, "Edit", file_path=file, old_string="there", new_string="world"),
        step("", 3, "Bash", command=f"cat {file}"),
        {"content": DONE},
    ]


_PATCH = "*** Begin Patch\n*** Update File: hello.txt\n@@\n-Hello there\n+Hello world\n*** End Patch\n"
_EXEC = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]


def _codex_steps(folder: Path) -> list[dict[str, Any]]:
    return [
        step("I will write the file.", 1, "exec_command", cmd="printf 'Hello there\\n' > hello.txt"),
        step("Now I edit it.", 2, "exec_command", cmd=f"apply_patch <<'END'\n{_PATCH}END\n"),
        step("", 3, "exec_command", cmd="cat hello.txt"),
        {"content": DONE},
    ]


def _codex_home(home: Path, url: str, model: str) -> None:
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(
        f'model = "{model}"\nmodel_provider = "promptly"\n[model_providers.promptly]\nname = "Promptly"\n'
        f'base_url = "{url}/v1"\nenv_key = "PROMPTLY_API_KEY"\nwire_api = "responses"\n'
    )


def _gemini_steps(folder: Path) -> list[dict[str, Any]]:
    file = str(folder / "hello.txt")
    return [
        step("I will write the file.", 1, "write_file", file_path=file, content="Hello there\n"),
        step("", 2, "run_shell_command", command="sed -i s/there/world/ hello.txt && cat hello.txt"),
        {"content": DONE},
    ]


def _gemini_home(home: Path, url: str, model: str) -> None:
    (home / ".gemini").mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True},
    }
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))


_TITLES = "gpt-4o-mini"


def _opencode_steps(folder: Path) -> list[dict[str, Any]]:
    # It gives each model other tools to write with; a shell every one has.
    file = str(folder / "hello.txt")
    edit = f"sed -i s/there/world/ {file} && cat {file}"
    return [
        step("I will write the file.", 1, "bash", command=f"printf 'Hello there\\n' > {file}", description="Write it"),
        step("", 2, "bash", command=edit, description="Edit and show the file"),
        {"content": DONE},
    ]


def _opencode_home(home: Path, url: str, model: str) -> None:
    config = home / ".config" / "opencode"
    config.mkdir(parents=True)
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Promptly",
        "options": {"baseURL": f"{url}/v1", "apiKey": "{env:PROMPTLY_API_KEY}"},
        "models": {name: {"name": name} for name in (*MODELS.values(), _TITLES)},
    }
    permission = {"edit": "allow", "bash": "allow"}
    settings: dict[str, Any] = {
        "provider": {"promptly": provider},
        "permission": permission,
        "autoupdate": False,
        "share": "disabled",
    }
    settings["small_model"] = f"promptly/{_TITLES}"  # it has titles made beside the conversation
    (config / "opencode.json").write_text(json.dumps(settings))


def _qwen_environment(url: str, key: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{url}/v1"}


def _qwen_home(home: Path, url: str, model: str) -> None:
    (home / ".qwen").mkdir()
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True},
    }
    (home / ".qwen" / "settings.json").write_text(json.dumps(settings))


AGENTS = (
    Agent(
        name="claude-code",
        binary="claude",
        kind="messages",
        command=lambda model: ["-p", TASK, "--model", model, "--allowedTools", "Write", "Edit", "Bash", "Read"],
        environment=lambda url, key: {
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": key,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        },
        steps=_claude_steps,
        turns=(
            Turn(
                "/compact",
                lambda model: ["-p", "--continue", "--model", model, "/compact"],
                said("<summary>Summary: hello.txt was made and says Hello world.</summary>"),
            ),
            Turn(
                "resumed with another model",
                lambda model: ["-p", "--continue", "--model", model, "What does it say?", "--allowedTools", "Bash"],
                _read_again("Bash"),
                says=STILL,
                carries="Summary: hello.txt was made",
                switched=True,
            ),
        ),
    ),
    Agent(
        name="codex",
        binary="codex",
        kind="responses",
        command=lambda model: [*_EXEC, TASK],
        environment=lambda url, key: {"PROMPTLY_API_KEY": key},
        steps=_codex_steps,
        turns=(
            Turn(
                "resumed with another model",
                lambda model: ["exec", "resume", "--last", *_EXEC[1:], "-m", model, "What does it say?"],
                _read_again("exec_command"),
                says=STILL,
                carries="Hello there",
                switched=True,
            ),
            Turn(
                "image",
                lambda model: [*_EXEC, "-i", "red.png", "--", "What is in the picture?"],
                said(RED),
                says=RED,
                carries="iVBORw0KGgo",
            ),
            Turn(
                "output schema",
                lambda model: [*_EXEC, "--output-schema", "schema.json", "What does the file say?"],
                said('{"says":"Hello world"}'),
                says='{"says":"Hello world"}',
                carries='"additionalProperties": false, "properties"',
            ),
            Turn(
                "WebSocket refused",
                lambda model: [*_EXEC, "-c", "model_providers.promptly.supports_websockets=true", "What does it say?"],
                said(STILL),
                says=STILL,
                logged="code=upgrade_required",
            ),
        ),
        prepare=_codex_home,
    ),
    Agent(
        name="gemini-cli",
        binary="gemini",
        kind="generate",
        command=lambda model: ["-m", model, "--yolo", "-p", TASK],
        environment=lambda url, key: {
            "GEMINI_API_KEY": key,
            "GOOGLE_GEMINI_BASE_URL": url,
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        },
        steps=_gemini_steps,
        prepare=_gemini_home,
        turns=(
            Turn(
                "resumed with another model",
                lambda model: ["--resume", "latest", "-m", model, "--yolo", "-p", "What does it say?"],
                _read_again("run_shell_command"),
                says=STILL,
                carries="Hello there",
                switched=True,
            ),
            Turn(
                "image",
                lambda model: ["-m", model, "--yolo", "-p", "What is in @red.png ?"],
                said(RED),
                says=RED,
                carries="iVBORw0KGgo",
            ),
        ),
    ),
    Agent(
        name="opencode",
        binary="opencode",
        kind="chat",
        command=lambda model: ["run", "--model", f"promptly/{model}", TASK],
        environment=lambda url, key: {"PROMPTLY_API_KEY": key},
        steps=_opencode_steps,
        prepare=_opencode_home,
        whole_lock=False,
        turns=(
            Turn(
                "resumed with another model",
                lambda model: ["run", "--continue", "--model", f"promptly/{model}", "What does it say?"],
                _read_again("bash", description="Show the file"),
                says=STILL,
                carries="Hello there",
                switched=True,
            ),
        ),
    ),
    Agent(
        name="qwen-code",
        binary="qwen",
        kind="chat",
        command=lambda model: ["--yolo", "-m", model, "-p", TASK],
        environment=_qwen_environment,
        steps=_gemini_steps,
        prepare=_qwen_home,
        whole_lock=False,
    ),
)
