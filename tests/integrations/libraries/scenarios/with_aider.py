"""Aider on the command line, in a repository of its own, as its page on OpenAI-compatible APIs says."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from played import KEY, MODEL, UNKNOWN, URL, is_used, play, run, tells_unknown_model

AIDER = str(Path(sys.executable).parent / "aider")
place = tempfile.TemporaryDirectory()
work, home = Path(place.name, "work"), Path(place.name, "home")
QUIET = (
    "--yes-always",
    "--no-check-update",
    "--no-show-release-notes",
    "--analytics-disable",
    "--no-show-model-warnings",
)
QUIET += ("--no-pretty", "--no-detect-urls", "--map-tokens", "0", "--no-gitignore", "--disable-playwright")


def command(*arguments: str) -> str:
    """What a command printed; it ends by itself where it is given a message."""
    own = {"HOME": str(home), "OPENAI_API_BASE": URL, "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        arguments, cwd=work, env={**os.environ, **own}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def aider(message: str, *arguments: str, model: str = MODEL) -> str:
    return command(AIDER, "--model", f"openai/{model}", *QUIET, "--message", message, *arguments)


def counted(printed: str) -> None:
    used = re.search(r"Tokens: (\d+) sent, (\d+) received", printed)
    assert used, printed
    is_used(int(used[1]), int(used[2]))


def whole_file() -> None:
    """The edit format that it takes for models that it does not know; streamed, where it counts tokens itself."""
    play({"content": "hello.txt\n```\nHello there\n```\n"}, {"content": "feat: say hello"})
    aider("Create hello.txt that says Hello there", "hello.txt")
    assert (work / "hello.txt").read_text() == "Hello there\n"
    assert "feat: say hello" in command("git", "log", "--oneline")


def search_and_replace() -> None:
    edit = "<<<<<<< SEARCH\nHello there\n=======\nHello world\n>>>>>>> REPLACE"
    play({"content": f"hello.txt\n```\n{edit}\n```\n"}, {"content": "fix: greet the world"})
    counted(aider("Make it say Hello world", "--edit-format", "diff", "--no-stream", "hello.txt"))
    assert (work / "hello.txt").read_text() == "Hello world\n"
    assert "fix: greet the world" in command("git", "log", "--oneline")


def architect() -> None:
    """One request plans, another one edits."""
    play({"content": "Say Goodbye."}, {"content": "hello.txt\n```\nGoodbye\n```\n"}, {"content": "feat: leave"})
    aider("Make it say Goodbye", "--architect", "--auto-accept-architect", "hello.txt")
    assert (work / "hello.txt").read_text() == "Goodbye\n"


def question() -> None:
    play({"content": "It says Goodbye."})
    printed = aider("/ask What does it say?", "hello.txt")
    assert "It says Goodbye." in printed, printed


def unknown_model() -> None:
    tells_unknown_model(aider("Hello?", model=UNKNOWN))


work.mkdir()
home.mkdir()
command("git", "init", "--quiet", "--initial-branch", "main")
command("git", "config", "user.name", "Somebody")
command("git", "config", "user.email", "somebody@example.com")
run(whole_file, search_and_replace, architect, question, unknown_model)
