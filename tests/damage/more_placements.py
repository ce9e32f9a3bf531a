"""Less usual places of a file: parts of a message, two files with the same lines, an assistant's own code, wrapped results."""

import json
from collections.abc import Callable

from tests.damage.asking import assistant, call, result, system, user
from tests.damage.corpus.catalogue import File, changed
from tests.damage.corpus.words import Dice
from tests.damage.rules import AFTER, BEFORE, Case, Expected, Rule, rule_of


def _parts(file: File, _: Dice) -> Case:
    content = [{"type": "text", "text": "What is this?"}, {"type": "text", "text": file.text}]
    rule = rule_of(file, alone=False, instructions=False)
    return Case("user, in parts", [{"role": "user", "content": content}], (Expected(0, file, rule),))


def _instructions_in_parts(file: File, _: Dice) -> Case:
    texts = (BEFORE, f"The data of today:\n\n{file.text}\n", AFTER)
    rule = rule_of(file, alone=False, instructions=True)
    message = {"role": "system", "content": [{"type": "text", "text": text} for text in texts]}
    return Case("system, in parts", [message, user("What is the last one?")], (Expected(0, file, rule),))


def _two_versions_in_instructions(file: File, dice: Dice) -> Case:
    later = changed(file, dice.randint(1, 9))
    rule = rule_of(file, alone=False, instructions=True)
    messages = [
        system(
            f"{BEFORE}\n\nThis is the old version:\n\n{file.text}\n\nThis is the new version:\n\n{later.text}\n\n{AFTER}"
        ),
        user("Which lines differ?"),
    ]
    return Case("system, two versions", messages, (Expected(0, file, rule), Expected(0, later, rule)))


def _instructions_and_turn(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=True)
    messages = [
        system(f"{BEFORE}\n\n{file.text}\n\n{AFTER}"),
        user(f"Is this the same as what you have, line by line?\n\n{file.text}"),
    ]
    turn = rule_of(file, alone=False, instructions=False)
    return Case("system and user, the same", messages, (Expected(0, file, rule), Expected(1, file, turn)))


def _second_instructions(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=True, instructions=True)
    messages = [system("You are terse."), system(file.text), user("How many lines is that?")]
    return Case("system, the second", messages, (Expected(1, file, rule),))


def _own_answer(file: File, _: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=False)
    messages = [
        user(f"Write {file.name} for me."),
        assistant(f"Here it is.\n\n```\n{file.text}```\n\nPlease make sure that it works."),
        user("Change the second line, and show me the whole of it."),
    ]
    return Case("assistant's own", messages, (Expected(1, file, rule),))


def _among_turns(file: File, dice: Dice) -> Case:
    rule = rule_of(file, alone=False, instructions=False)
    messages = [
        system("You help with files."),
        user("I have a file that I do not understand."),
        assistant("Show it to me."),
        user(f"{file.text}\n\nThat is all of it."),
        assistant("I see. What do you want to know?"),
        user(f"What is {dice.noun()} in it?"),
    ]
    return Case("user, some turns ago", messages, (Expected(3, file, rule),))


def _two_results(file: File, dice: Dice) -> Case:
    later = changed(file, dice.randint(1, 9))
    messages = [
        user("Compare both files."),
        call("one", "read_file", {"path": f"old/{file.name}"}),
        result("one", file.text),
        call("two", "read_file", {"path": f"new/{file.name}"}),
        result("two", later.text),
    ]
    expected = (Expected(2, file, "whole", edited=True), Expected(4, later, "whole", edited=True))
    return Case("tool, two files of like lines", messages, expected, tools=True)


def _legacy_function(file: File, _: Dice) -> Case:
    messages = [
        user(f"Read {file.name}."),
        {
            "role": "assistant",
            "content": None,
            "function_call": {"name": "read_file", "arguments": json.dumps({"path": file.name})},
        },
        {"role": "function", "name": "read_file", "content": file.text},
    ]
    return Case("function message", messages, (Expected(2, file, "whole", edited=True),), tools=True)


def _numbered_listing(file: File, _: Dice) -> Case:
    listing = "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(file.text.split("\n"), 1))
    shown = File(file.kind, file.name, listing, "exact", (listing,))
    messages = [user("Show me the file."), call("one", "view", {"path": file.name}), result("one", listing)]
    return Case("tool, numbered listing", messages, (Expected(2, shown, "whole", edited=True),), tools=True)


def _wrapped(name: str, arguments: dict[str, object]) -> Callable[[File, Dice], Case]:
    def case(file: File, _: Dice) -> Case:
        text = json.dumps({"path": file.name, "content": file.text, "truncated": False}, indent=2)
        shown = File("json", file.name, text, "json", (text,))
        messages = [user("Show me the file."), call("one", name, arguments), result("one", text)]
        return Case(f"tool {name}, wrapped in JSON", messages, (Expected(2, shown, "whole", edited=True),), tools=True)

    return case


def _announced(file: File, _: Dice) -> Case:
    """JSON behind a line of words is no JSON as a whole, whatever the tool is called."""
    text = f"Here is what was found:\n\n{file.text}"
    shown = File(file.kind, file.name, text, "exact", (text,))
    messages = [user("Look it up."), call("one", "lookup", {"key": "a"}), result("one", text)]
    return Case("tool of another name, announced", messages, (Expected(2, shown, "whole", edited=True),), tools=True)


def _fenced_result(file: File, _: Dice) -> Case:
    messages = [
        user("Add a line to the file."),
        assistant(f"```bash\ncat {file.name}\n```"),
        user(f"I ran it. This is what it printed:\n```\n{file.text}```"),
    ]
    rule: Rule = "blanks" if file.nature == "blanks" else "holds"
    return Case("text tool, fenced", messages, (Expected(2, file, rule, edited=rule == "holds"),))


MORE: tuple[Callable[[File, Dice], Case], ...] = (
    _parts,
    _instructions_in_parts,
    _two_versions_in_instructions,
    _instructions_and_turn,
    _second_instructions,
    _own_answer,
    _among_turns,
    _two_results,
    _legacy_function,
    _numbered_listing,
    _wrapped("read_file", {"path": "a"}),
    _wrapped("cat", {"name": "a"}),
    _announced,
    _fenced_result,
)
