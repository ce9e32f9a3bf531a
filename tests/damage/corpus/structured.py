"""Configuration and documents whose form is a grammar. Blanks inside a value are part of it."""

import json

from tests.damage.corpus.words import TOWNS, Dice


def _value(dice: Dice, depth: int) -> object:
    if depth > 0 and dice.random() < 0.5:
        return {f"{dice.noun()}_{i}": _value(dice, depth - 1) for i in range(dice.randint(1, 4))}
    return dice.choice((
        dice.sentence(), dice.randint(-5, 99999), dice.randint(1, 999) / 8, True, None, "two  blanks ", "**bold**", "",
        [dice.noun(), dice.noun()], [], {}, dice.code(), 'a "quoted" word', "line\nbreak   \n\n\n\nand more",
    ))  # fmt: skip


def _rows(dice: Dice, count: int) -> list[dict[str, object]]:
    names = ["id", dice.noun(), f"{dice.noun()}_at", "note", "town"]
    return [
        dict(zip(names, (i, dice.amount(), dice.date(), dice.wordy(), dice.one(TOWNS)), strict=True))
        for i in range(count)
    ]


def json_pretty(dice: Dice, lines: int) -> str:
    """As editors write it: two or four blanks or a tab, objects or lists of like rows."""
    indent = dice.choice((2, 4, "\t"))
    if dice.random() < 0.5:
        return json.dumps(_rows(dice, max(1, lines // 7)), indent=indent, ensure_ascii=False) + "\n"
    held: dict[str, object] = {}
    while (text := json.dumps(held, indent=indent)).count("\n") < lines:
        held[f"{dice.name()}{len(held)}"] = _value(dice, 2)
    return text + "\n"


def json_odd(dice: Dice, lines: int) -> str:
    """As people write it: blanks in odd places, numbers in other spellings, several values a line."""
    out = []
    for i in range(max(1, lines - 2)):
        comma = " ," if i < max(1, lines - 2) - 1 else ""
        value = dice.one(
            (
                "1.0e3",
                "1.50",
                "[ 1,2 , 3 ]",
                '{ "a" :1 }',
                '"two  blanks"',
                "[  ]",
                "-0.0",
                '"\\u00e9"',
                "12345678901234567890",
                "1E+2",
                '"\\/ \\t"',
            )
        )
        out.append(f'  "{dice.noun()}{i}"  :   {value}{comma}' + " " * dice.randint(0, 2))
    return "{\n" + "\n".join(out) + "\n}\n"


def yaml(dice: Dice, lines: int) -> str:
    """Nested keys, block texts whose blanks count, aligned comments, the same block under several keys."""
    out = ["---", f"# {dice.sentence()}"]
    while len(out) < lines:
        name = f"{dice.noun()}-{len(out)}"
        out += [
            f"{name}:",
            f"  image:   registry.example.com/{dice.noun()}:1.{dice.randint(0, 9)}   # please pin this",
            "  description: >-",
            f"    {dice.sentence()}",
            f"    {dice.sentence()}",
            "  script: |",
            "    echo  'in order to go on'  ",
            "",
            "",
            "",
            "    exit 0",
            '  args: [ "--on",  "--level=2" ]',
            f"  resources: &limits{len(out)}",
            "    limits: { cpu: 2,  memory: 4Gi }",
        ]
    return "\n".join(out) + "\n"


def toml(dice: Dice, lines: int) -> str:
    """Tables, aligned keys, and texts over several lines."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"[{dice.noun()}.{dice.noun()}{len(out)}]",
            f'name      = "{dice.person()}"   # {dice.wordy()}',
            f"ports     = [ {dice.randint(1, 99)},  {dice.randint(1, 99)} ]",
            'text      = """',
            f"{dice.sentence()}  ",
            "",
            "",
            "",
            'please keep the empty lines above."""',
            f"on        = {dice.one(('true', 'false'))}",
            "",
        ]
    return "\n".join(out) + "\n"


def ini(dice: Dice, lines: int) -> str:
    """Sections with the same keys; continued values are indented."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"[{dice.noun()}{len(out)}]",
            f"path    = /srv/{dice.noun()}",
            "comment = please make sure that the folder is there prior to the start of the service",
            "    and that it is empty",
            f"; {dice.sentence()}",
            f"retries={dice.randint(0, 9)}",
            "",
        ]
    return "\n".join(out) + "\n"


def env(dice: Dice, lines: int) -> str:
    """A file of variables; some values are empty, some quoted with blanks."""
    out = [f"# {dice.sentence()}"]
    for i in range(lines):
        value = dice.one((dice.code(), '"two  blanks "', "", "'{ \"a\":  1 }'", "a**b**c", f"http://{dice.address()}/"))
        out.append(f"{dice.noun().upper()}_{i}={value}")
    return "\n".join(out) + "\n"


def properties(dice: Dice, lines: int) -> str:
    """Keys and texts of an application; continued lines end in a backslash."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"{dice.noun()}.{dice.noun()}.{len(out)} = Please note that  {{0}} of {{1}} was sent.",
            f"{dice.noun()}.title.{len(out)}     = **{dice.noun()}**",
            f"{dice.noun()}.long.{len(out)}=in order to \\",
            "        go on, please choose one \\",
            "        of them",
        ]
    return "\n".join(out) + "\n"


def po(dice: Dice, lines: int) -> str:
    """A catalogue of translations: the same text under several contexts."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"#: {dice.noun()}/{dice.name()}.py:{dice.randint(1, 999)}",
            f'msgctxt "{dice.noun()}"',
            'msgid "Please make sure that the order is complete prior to the payment."',
            f'msgstr "Bitte prüfen Sie,  ob {dice.noun()} vollständig ist. "',
            "",
        ]
    return "\n".join(out) + "\n"


def xml(dice: Dice, lines: int) -> str:
    """Elements, attributes, a CDATA section and text that keeps its blanks."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<orders>"]
    while len(out) < lines:
        out += [
            f'  <order id="{dice.code()}"   day="{dice.date()}">',
            f"    <!-- {dice.sentence()} -->",
            f'    <note xml:space="preserve">  {dice.sentence()}   </note>',
            '    <rule><![CDATA[ if (a < b) { "x":  [1, 2] } ]]></rule>',
            "    <state>please wait in order to be served at the counter of the shop</state>",
            "  </order>",
        ]
    return "\n".join([*out, "</orders>"]) + "\n"


def html(dice: Dice, lines: int) -> str:
    """A page with preformatted text and a script."""
    out = ["<!DOCTYPE html>", "<html>", "<body>"]
    while len(out) < lines:
        out += [
            f'  <section class="{dice.noun()}  {dice.noun()}">',
            f"    <p>{dice.sentence()}</p>",
            "    <pre>",
            f"a    b   {dice.amount()}   ",
            "",
            "",
            "",
            "</pre>",
            '    <script>const options = { "on":  true, "list": [ 1, 2 ] };</script>',
            "  </section>",
        ]
    return "\n".join([*out, "</body>", "</html>"]) + "\n"


def notebook(dice: Dice, lines: int) -> str:
    """A Jupyter notebook: JSON whose strings are source and Markdown."""
    cells: list[object] = []
    while 12 * len(cells) < lines or not cells:
        source = [
            f"# {dice.sentence()}\n",
            f"value = {{ 'a':  2 ** {dice.randint(1, 9)} }}\n",
            "\n",
            "\n",
            "\n",
            "value",
        ]
        cells.append(
            {"cell_type": "code", "execution_count": len(cells), "metadata": {}, "outputs": [], "source": source}
        )
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"
