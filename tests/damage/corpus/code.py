"""Source files of six languages. The same heads, comments and literals come again and again, as in real modules."""

from collections.abc import Callable

from tests.damage.corpus.words import Dice


def _grown(head: str, part: Callable[[], str], lines: int, between: str = "\n\n") -> str:
    """The head, then parts until there are so many lines."""
    text = head
    while True:
        text += part()
        if text.count("\n") >= lines:
            return text + "\n"
        text += between


def python(dice: Dice, lines: int) -> str:
    """A module with docstrings, repeated method heads, literals that look like JSON, and `**`."""

    def method() -> str:
        noun = dice.noun()
        return (
            f'    def run(self, env: "Env", problem: "Problem", output_dir: Path = Path(".")) -> dict[str, object]:\n'
            f'        """{dice.sentence()}\n\n        {dice.sentence()}\n        """\n'
            f'        entry = {{"type": "{noun}",  "parts": [1, 2, 3], "on": {dice.one(("True", "False"))}}}\n'
            f"        # {dice.wordy().capitalize()}; please note that **kwargs is not an option here.\n"
            f"        size = 2 ** {dice.randint(2, 9)} + len(entry)  #  two blanks\n"
            f'        return {{**entry, "size": size, "pattern": r"\\*\\*init\\*\\*"}}\n'
        )

    def part() -> str:
        if dice.random() < 0.4:
            return (
                f"def {dice.name()}(*args: int, **kwargs: object) -> str:\n"
                f'    """{dice.sentence()}"""\n'
                f'    __slots__ = ("__init__", "__call__")\n'
                f"    text = '''\n{dice.noun()}   \n\n\n\n  {dice.noun()}\t\n'''\n"
                f"    if args:\n        return text\t#\ttabs\n    return str({dice.randint(1, 99)})\n"
            )
        return f"class {dice.type()}:\n" + "\n".join(method() for _ in range(2))

    head = "\n".join(dice.licence("#")) + "\n\nfrom pathlib import Path\n\n\n" if dice.random() < 0.6 else ""
    return _grown(head, part, lines)


def typescript(dice: Dice, lines: int) -> str:
    """Interfaces, promises, template literals with blanks, and object literals."""

    def part() -> str:
        name, noun = dice.camel(), dice.noun()
        return (
            f"/**\n * {dice.sentence()}\n * **{dice.noun()}** is a {dice.one(('string', 'number'))}.\n */\n"
            f"export async function {name}(input: Input, options: Options = {{}}): Promise<Result> {{\n"
            f'  const body = {{ "kind": "{noun}", "tags": [ "a", "b" ], "deep": {{ "on": true }} }};\n'
            f"  const text = `Dear ${{input.name}},   \n\n\n\n  the {noun}  is here.`;\n"
            f"  if (!input.{noun}) {{\n    throw new Error('{noun} is missing');\n  }}\n"
            f"  // {dice.wordy()}\n  return send(body, text, 2 ** {dice.randint(2, 8)});\n}}"
        )

    head = "".join(f"{line}\n" for line in dice.licence("//")) + "\n" if dice.random() < 0.4 else ""
    return _grown(head + "import { send } from './send';\n\n", part, lines)


def go(dice: Dice, lines: int) -> str:
    """Tabs, the same error check after each call."""

    def part() -> str:
        name = dice.type()
        return (
            f"// {name} {dice.wordy()}.\nfunc (s *Server) {name}(ctx context.Context, id string) (*Reply, error) {{\n"
            f"\trow, err := s.store.{dice.one(('Get', 'Put', 'List'))}(ctx, id)\n"
            '\tif err != nil {\n\t\treturn nil, fmt.Errorf("the store did not answer in time: %w", err)\n\t}\n'
            f'\tbody := []byte(`{{"id":  "{dice.code()}", "n": [1,  2]}}`)\n'
            "\tif err := s.bus.Send(ctx, body); err != nil {\n"
            '\t\treturn nil, fmt.Errorf("the bus did not answer in time: %w", err)\n\t}\n'
            "\treturn &Reply{Row:   row, Count: 1 << 4}, nil\n}"
        )

    return _grown('package server\n\nimport (\n\t"context"\n\t"fmt"\n)\n\n', part, lines)


def c(dice: Dice, lines: int) -> str:
    """Aligned defines, pointers to pointers, comments in boxes."""

    def part() -> str:
        name = dice.name()
        return (
            f"/* ------------------------------------------------------------ *\n"
            f" *  {dice.sentence()}\n * ------------------------------------------------------------ */\n"
            f"#define MAX_{dice.noun().upper()}    {dice.randint(1, 512)}\n"
            f"static int\n{name}(char **rows, size_t count, const struct options *options)\n{{\n"
            f"\tint total = 0;\n\tfor (size_t i = 0; i < count; i++) {{\n"
            f"\t\tif (rows[i] == NULL)   /* please be sure to check */\n\t\t\treturn -1;\n"
            f"\t\ttotal += **rows * {dice.randint(1, 9)};\n\t}}\n\treturn total;\n}}"
        )

    return _grown("#include <stdlib.h>\n#include <stdio.h>\n\n", part, lines)


def java(dice: Dice, lines: int) -> str:
    """Javadoc, annotations, and the same method head in each inner class."""

    def part() -> str:
        return (
            f"    /**\n     * {dice.sentence()}\n     *\n     * @param request the request, prior to its being read\n"
            f"     * @return the answer\n     */\n"
            f"    static class {dice.type()}{dice.randint(1, 99)} implements Step {{\n        @Override\n"
            f"        public Answer apply(final Request request, final Map<String, List<Integer>> seen) {{\n"
            f'            log.info("step  {{}}  is done in order to go on", request.id());\n'
            f"            return Answer.of({dice.randint(1, 999)}, seen.getOrDefault(request.id(), List.of()));\n"
            f"        }}\n    }}\n"
        )

    return _grown(f"package org.example.{dice.noun()};\n\nfinal class {dice.type()} {{\n", part, lines, "\n") + "}\n"


def rust(dice: Dice, lines: int) -> str:
    """Doc comments, lifetimes, dereferences of dereferences, and raw strings."""

    def part() -> str:
        name = dice.name()
        return (
            f"/// {dice.sentence()}\n///\n/// # Errors\n/// In the event that the {dice.noun()} is gone.\n"
            f"pub fn {name}<'a>(items: &'a [&'a u64], limit: usize) -> Result<u64, Error> {{\n"
            f'    let raw = r#"{{ "limit": {dice.randint(1, 99)},   "on": true }}"#;\n'
            f"    let sum: u64 = items.iter().take(limit).map(|item| **item).sum();\n"
            f"    if sum == 0 {{\n        return Err(Error::Empty(raw.into()));\n    }}\n    Ok(sum)\n}}\n"
        )

    return _grown("use crate::error::Error;\n\n", part, lines, "\n")
