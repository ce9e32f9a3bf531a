"""How agents write whose tools are text: what they say to act, and how the result comes back as a user's message."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.damage.corpus import code, data, operations, tongues
from tests.damage.corpus.words import Dice


@dataclass(frozen=True)
class Style:
    """An agent's instructions, an action and the answer to it. Both are made anew for every step."""

    system: str | None
    act: Callable[[Dice], str]
    observe: Callable[[Dice], str]


def _shown(dice: Dice) -> str:
    """What a step prints: source, a log, a listing, or hardly anything."""
    write = dice.choice((code.python, code.typescript, code.go, data.app_log, operations.shell_session, _short, _short))
    return write(dice, dice.randint(4, 24)).rstrip("\n")


def _short(dice: Dice, _: int) -> str:
    return dice.one(
        ("", f"{dice.randint(1, 90)} passed in 0.{dice.randint(10, 99)}s", "OK", f"error: {dice.noun()} not found")
    )


def _path(dice: Dice) -> str:
    return f"src/{dice.noun()}/{dice.name()}.py"


def _setting(dice: Dice) -> str:
    return f"{dice.noun()} = {dice.randint(1, 9)}"


def _opened(dice: Dice, path: str) -> str:
    head = f"[File: /repo/{path} ({dice.randint(30, 900)} lines total)]"
    return f"{head}\n{_shown(dice)}\n(Open file: /repo/{path})\n(Current directory: /repo)\nbash-$"


def _thought(dice: Dice) -> str:
    return dice.one((
        f"Let me look at the {dice.noun()} first.", f"Now I will {dice.name().replace('_', ' the ')}.",
        f"The {dice.noun()} seems to be {dice.one(('fine', 'wrong'))}. I go on with the {dice.noun()}.",
    ))  # fmt: skip


CLINE = Style(
    "You are a software engineer. You have tools, one XML tag each. Use one tool per message and wait for its result.",
    lambda d: f"<thinking>{_thought(d)}</thinking>\n\n<read_file>\n<path>{_path(d)}</path>\n</read_file>",
    lambda d: (
        f"[read_file for '{_path(d)}'] Result:\n{_shown(d)}\n\n<environment_details>\n# Current Time\n{d.clock()}\n</environment_details>"
    ),
)
ROO = Style(
    "You are a coding assistant with modes. Tools are written as XML.",
    lambda d: f"{_thought(d)}\n\n<execute_command>\n<command>npm run {d.noun()}</command>\n</execute_command>",
    lambda d: (
        f"[execute_command for 'npm run {d.noun()}'] Result:\nCommand executed in terminal. Exit code: 0\nOutput:\n{_shown(d)}"
    ),
)
AIDER = Style(
    "Act as an expert developer. Answer with SEARCH/REPLACE blocks only.",
    lambda d: f"{_path(d)}\n```python\n<<<<<<< SEARCH\n{_setting(d)}\n=======\n{_setting(d)}\n>>>>>>> REPLACE\n```",
    lambda d: f"I ran this command:\n\npytest {_path(d)}\n\nAnd got this output:\n\n{_shown(d)}",
)
SWE = Style(
    "SETTING: you work in a command line with a special editor. One command in a fence per message.",
    lambda d: f"{_thought(d)}\n```\nopen {_path(d)} {d.randint(1, 400)}\n```",
    lambda d: _opened(d, _path(d)),
)
OPEN_HANDS = Style(
    None,
    lambda d: (
        f"{_thought(d)}\n<function=execute_bash>\n<parameter=command>grep -rn {d.noun()} .</parameter>\n</function>"
    ),
    lambda d: f"EXECUTION RESULT of [execute_bash]:\n{_shown(d)}\n[The command completed with exit code 0.]",
)
REACT = Style(
    "Answer by turns of Thought, Action and Observation. Tools: lookup, compute, finish.",
    lambda d: f"Thought: {_thought(d)}\nAction: lookup\nAction Input: {d.noun()} {d.code()}",
    lambda d: f"Observation: {_shown(d)}",
)
FUNCTIONS = Style(
    "In this environment you can call functions by writing blocks of tags.",
    lambda d: (
        f'<function_calls>\n<invoke name="view">\n<parameter name="path">{_path(d)}</parameter>\n</invoke>\n</function_calls>'
    ),
    lambda d: (
        f"<function_results>\n<result>\n<name>view</name>\n<stdout>\n{_shown(d)}\n</stdout>\n</result>\n</function_results>"
    ),
)
BASH = Style(
    None,
    lambda d: f"{_thought(d)}\n\n```bash\ncat {_path(d)} | head -40\n```",
    lambda d: f"<returncode>0</returncode>\n<output>\n{_shown(d)}\n</output>",
)
JSON_ACTIONS = Style(
    'Answer with one JSON object: {"thought": ..., "action": ..., "args": ...}. Nothing else.',
    lambda d: json.dumps({"thought": _thought(d), "action": "read", "args": {"path": _path(d)}}),
    lambda d: json.dumps({"status": "ok", "content": _shown(d)}),
)
HERMES = Style(
    "You are given function signatures between tags. Call them between <tool_call> tags.",
    lambda d: f'<tool_call>\n{{"name": "read", "arguments": {{"path": "{_path(d)}"}}}}\n</tool_call>',
    lambda d: f'<tool_response>\n{{"name": "read", "content": {json.dumps(_shown(d))}}}\n</tool_response>',
)
BROWSER = Style(
    "You steer a browser. One action per message: click(id), type(id, text), scroll(), answer(text).",
    lambda d: f"{_thought(d)}\nclick({d.randint(1, 90)})",
    lambda d: (
        f"Current URL: https://shop.example/{d.noun()}/{d.randint(1, 99)}\n"
        + "\n".join(
            f"[{i}]<{d.one(('button', 'a', 'input'))}>{d.noun()} {d.noun()}</>" for i in range(d.randint(4, 20))
        )
    ),
)
NOTEBOOK = Style(
    "You analyse data with Python. Write one fenced block per message; you get its output.",
    lambda d: f"{_thought(d)}\n```python\nframe.groupby('{d.noun()}').size().head({d.randint(3, 9)})\n```",
    lambda d: f"stdout:\n{data.fixed_width(d, d.randint(3, 10))}",
)
TOOL_CODE = Style(
    "Write calls in a fence named tool_code. Their results come in a fence named tool_outputs.",
    lambda d: f"```tool_code\nsearch('{d.noun()} {d.noun()}', limit={d.randint(1, 9)})\n```",
    lambda d: f"```tool_outputs\n{_shown(d)}\n```",
)
SQL = Style(
    None,
    lambda d: f"SQLQuery: SELECT COUNT(*) FROM {d.noun()}s WHERE {d.noun()}_id = {d.randint(1, 99)}",
    lambda d: f"SQLResult: [({d.randint(0, 900)}, '{d.noun()}')]",
)
GERMAN = Style(
    "Du bist ein Programmierer. Schreibe je Nachricht einen Befehl; die Ausgabe kommt zurück.",
    lambda d: f"Ich sehe mir die Datei an.\n\nBEFEHL: cat {_path(d)}",
    lambda d: f"Ausgabe von `cat {_path(d)}`:\n{_shown(d)}",
)
FRENCH = Style(
    None,
    lambda d: f"Je regarde le fichier.\n<commande>cat {_path(d)}</commande>",
    lambda d: f"<resultat>\n{_shown(d)}\n</resultat>",
)
SPANISH = Style(
    "Eres un programador. Una orden por mensaje.",
    lambda d: f"Pensamiento: {tongues.spanish(d, 1).strip()}\nAcción: leer {_path(d)}",
    lambda d: f"Observación: {_shown(d)}",
)
CHINESE = Style(
    "你是一个编程助手。每条消息只用一个工具。",
    lambda d: f"我先看一下这个文件。\n<工具>读取 {_path(d)}</工具>",
    lambda d: f"工具结果：\n{_shown(d)}",
)
