"""Coding agents as they are released: how each is pointed at Promptly, and which tools of its own it is told to call."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TASK = "Create hello.txt that says Hello there, then make it say Hello world"
DONE = "The file says Hello world."


def step(text: str, number: int, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the played model does: it says something and calls one tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {"content": text, "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]}


@dataclass(frozen=True)
class Agent:
    """`command` and `environment` take the address of Promptly, a key, a model, the folder to work in and a home of its own;
    `prepare` writes its configuration. `steps` is the tool loop that the model plays. `kind` is the endpoint that it speaks.
    """

    name: str
    binary: str
    kind: str
    command: Callable[[str], list[str]]
    environment: Callable[[str, str], dict[str, str]]
    steps: Callable[[Path], list[dict[str, Any]]]
    prepare: Callable[[Path, str, str], None] = lambda home, url, model: None


def _claude_steps(folder: Path) -> list[dict[str, Any]]:
    file = str(folder / "hello.txt")
    return [
        step("I will write the file.", 1, "Write", file_path=file, content="Hello there\n"),
        step("Now I edit it.", 2, "Edit", file_path=file, old_string="there", new_string="world"),
        step("", 3, "Bash", command=f"cat {file}"),
        {"content": DONE},
    ]


def _codex_steps(folder: Path) -> list[dict[str, Any]]:
    return [
        step("I will write the file.", 1, "exec_command", cmd="printf 'Hello there\\n' > hello.txt"),
        step("Now I edit it.", 2, "exec_command", cmd="sed -i s/there/world/ hello.txt && cat hello.txt"),
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
    ),
    Agent(
        name="codex",
        binary="codex",
        kind="responses",
        command=lambda model: ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", TASK],
        environment=lambda url, key: {"PROMPTLY_API_KEY": key},
        steps=_codex_steps,
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
    ),
)
