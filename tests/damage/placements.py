"""Where a file can stand in a request, and what has to be found of it in what is sent."""

from collections.abc import Callable

from tests.damage.asking import Messages, assistant, call, result, system, user
from tests.damage.corpus.catalogue import File, changed
from tests.damage.corpus.words import Dice
from tests.damage.more_placements import MORE
from tests.damage.rules import AFTER, BEFORE, Case, Expected, Rule, rule_of


def _instructions_alone(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=True, instructions=True)
    return Case("system, alone", [system(file.text), user("How many of them are there?")], (Expected(0, file, rule),))


def _developer_alone(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=True, instructions=True)
    messages = [{"role": "developer", "content": file.text}, user("What is the third one?")]
    return Case("developer, alone", messages, (Expected(0, file, rule),))


def _instructions_among(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=True)
    text = f"{BEFORE}\n\n{file.text}\n\n{AFTER}"
    return Case("system, among instructions", [system(text), user("What does it say?")], (Expected(0, file, rule),))


def _instructions_fenced(file: File, _: Dice) -> Case:
    text = f"{BEFORE}\n\n```\n{file.text}```\n\n{AFTER}"
    rule: Rule = "holds" if file.nature != "blanks" else "blanks"
    return Case("system, fenced", [system(text), user("What does it say?")], (Expected(0, file, rule),))


def _turn_alone(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=True, instructions=False)
    return Case("user, alone", [system("You are terse."), user(file.text)], (Expected(1, file, rule),))


def _turn_question_first(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=False)
    text = f"How often does the first word occur in this?\n\n{file.text}"
    return Case("user, question before", [user(text)], (Expected(0, file, rule),))


def _turn_question_last(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=False)
    text = f"{file.text}\n\nIn the text above, what changed with respect to the last version?"
    return Case("user, question after", [system(BEFORE), user(text)], (Expected(1, file, rule),))


def _pasted_twice(file: File, dice: Dice) -> Case:
    later = changed(file, dice.randint(1, 9))
    rule = rule_of(file, alone=False, instructions=False)
    messages = [
        system("You review files."),
        user(f"This is {file.name} as it is now:\n\n{file.text}"),
        assistant("I have read it. What shall I do with it?"),
        user(f"I changed it. This is the new version of {file.name}, which lines differ?\n\n{later.text}"),
    ]
    return Case("user, two versions", messages, (Expected(1, file, rule), Expected(3, later, rule)))


_READING: tuple[Callable[[str], tuple[str, dict[str, object]]], ...] = (
    lambda name: ("read_file", {"path": name}),
    lambda name: ("cat", {"file": name}),
    lambda name: ("open", {"path": name, "line": 1}),
    lambda name: ("view", {"target": name}),
    lambda name: ("bash", {"command": f"cat {name}"}),
    lambda name: ("str_replace_editor", {"command": "view", "path": f"/repo/{name}"}),
    lambda name: ("execute_command", {"command": f"cat {name}", "requires_approval": False}),
    lambda name: ("git_show", {"object": f"HEAD:{name}"}),
    lambda name: ("get_file_contents", {"owner": "tally", "repo": "ho", "path": name}),
    lambda name: ("Read", {"file_path": f"/repo/{name}"}),
    lambda name: ("notebook_read", {"document": name}),
    lambda name: ("mcp__fs__read_text_file", {"uri": f"file:///repo/{name}"}),
    lambda name: ("git_diff", {"base": "main", "only": name}),
    lambda name: ("shell", {"command": ["sed", "-n", "1,400p", name]}),
)


def _reading(tool: int) -> Callable[[File, Dice], Case]:
    def case(file: File, _: Dice) -> Case:
        name, arguments = _READING[tool](file.name)
        messages = [
            system("You are a coding agent."),
            user(f"Change the second line of {file.name}."),
            call("call_1", name, arguments),
            result("call_1", file.text),
        ]
        return Case(f"tool {name}", messages, (Expected(3, file, "whole", edited=True),), tools=True)

    return case


def _unrelated_tool(file: File, _: Dice) -> Case:
    rule: Rule = "value" if file.nature == "json" else "whole"
    messages = [
        user("How is the parcel?"),
        call("call_1", "track_parcel", {"number": "TR-70001"}),
        result("call_1", file.text),
        user("And in one word?"),
    ]
    expected = Expected(2, file, rule, edited=rule == "whole")
    return Case("tool of another name", messages, (expected,), tools=True)


def _steps(dice: Dice, count: int, start: int) -> Messages:
    """Turns of an agent between two readings."""
    messages: Messages = []
    for i in range(start, start + count):
        identity = f"call_{i}"
        messages += [
            call(identity, "run_tests", {"only": dice.name()}),
            result(identity, f"{dice.randint(1, 40)} passed"),
        ]
    return messages


def _read_again(between: int, after: int) -> Callable[[File, Dice], Case]:
    def case(file: File, dice: Dice) -> Case:
        name, arguments = _READING[dice.randrange(len(_READING))](file.name)
        messages = [
            system("You are a coding agent."),
            user(f"Rename the second name of {file.name} and show me the whole new file."),
            call("first", name, arguments),
            result("first", file.text),
            *_steps(dice, between, 10),
            call("second", name, arguments),
            result("second", file.text),
        ]
        expected = Expected(len(messages) - 1, file, "old" if after > 2 else "newest", edited=True)
        messages += _steps(dice, after, 60)
        return Case(f"read again after {between}, {after} before the end", messages, (expected,), tools=True)

    return case


def _read_after_edit(file: File, dice: Dice) -> Case:
    later = changed(file, 5)
    name, arguments = _READING[dice.randrange(len(_READING))](file.name)
    messages = [
        user(f"Tidy {file.name}."),
        call("first", name, arguments),
        result("first", file.text),
        call("edit", "str_replace", {"path": file.name, "old": "a", "new": "b"}),
        result("edit", "The file was changed."),
        call("second", name, arguments),
        result("second", later.text),
    ]
    return Case("tool, read after an edit", messages, (Expected(6, later, "whole", edited=True),), tools=True)


_SHAPES: tuple[tuple[str, str], ...] = (
    ("[read_file for '{name}'] Result:\n{text}", "text tool, named result"),
    ("Observation: {text}", "text tool, observation"),
    ("<tool_result>\n{text}\n</tool_result>", "text tool, tagged result"),
    ("<function_results>\n<stdout>\n{text}\n</stdout>\n</function_results>", "text tool, function results"),
    ("[File: {name} ({lines} lines total)]\n{text}\n(Open file: /repo/{name})\n(Current directory: /repo)\nbash-$", "text tool, open file"),
)  # fmt: skip


def _text_tool(shape: int) -> Callable[[File, Dice], Case]:
    def case(file: File, _: Dice) -> Case:
        pattern, title = _SHAPES[shape]
        shown = pattern.format(name=file.name, text=file.text, lines=file.text.count("\n"))
        messages = [
            system("You are a coding agent. Use one tool per message."),
            user(f"<task>\nChange the second line of {file.name}.\n</task>"),
            assistant(f"<read_file><path>{file.name}</path></read_file>"),
            user(shown),
        ]
        rule: Rule = "blanks" if file.nature == "blanks" else "holds"
        return Case(title, messages, (Expected(3, file, rule, edited=rule == "holds"),))

    return case


PLACEMENTS: tuple[Callable[[File, Dice], Case], ...] = (
    _instructions_alone,
    _instructions_among,
    _instructions_fenced,
    _developer_alone,
    _turn_alone,
    _turn_question_first,
    _turn_question_last,
    _pasted_twice,
    *(_reading(i) for i in range(len(_READING))),
    _unrelated_tool,
    _read_again(1, 0),
    _read_again(9, 1),
    _read_again(14, 0),
    _read_again(3, 2),
    _read_again(3, 8),
    _read_after_edit,
    *(_text_tool(i) for i in range(len(_SHAPES))),
    *MORE,
)
