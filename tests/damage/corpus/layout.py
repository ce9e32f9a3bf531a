"""Texts whose blanks, marks and line ends are the point."""

from tests.damage.corpus.words import TOWNS, Dice


def latex(dice: Dice, lines: int) -> str:
    """A paper: formulas, a table aligned with &, comments."""
    out = [r"\documentclass{article}", r"\begin{document}"]
    while len(out) < lines:
        out += [
            rf"\section{{On the {dice.one(('early', 'late'))} {dice.noun()}}}  % {dice.wordy()}",
            rf"Let $a$ be the {dice.noun()} with respect to $x$, and the derivative $\frac{{d}}{{dx}} x^{{2}}$.",
            r"\begin{tabular}{l  r}",
            *(rf"  {dice.noun():<10} & {dice.amount():>9} \\" for _ in range(3)),
            r"  total      &    100.00 \\",
            r"\end{tabular}",
            r"~\\[2ex]",
            "",
        ]
    return "\n".join([*out, r"\end{document}"]) + "\n"


def verse(dice: Dice, lines: int) -> str:
    """A poem with a refrain, lines set in, and empty lines that are pauses."""
    refrain = [
        f"  and the {dice.noun()} of {dice.one(TOWNS)} goes down to the sea,",
        "      goes down, goes down to the sea.",
    ]
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"The {dice.noun()} was {dice.one(('grey', 'old', 'low'))},  the {dice.noun()} was wide  ",
            f"    a {dice.noun()}, a {dice.noun()}, a {dice.noun()} beside,",
            *refrain,
            "",
            "",
            "",
            *refrain,
            "",
        ]
    return "\n".join(out) + "\n"


def ascii_art(dice: Dice, lines: int) -> str:
    """Boxes and arrows, with trailing blanks inside the picture and equal rows."""
    width = dice.randint(12, 30)
    out: list[str] = []
    while len(out) < lines:
        label = dice.noun()
        pad = " " * width
        out += [
            f"   +{'-' * width}+      +{'-' * width}+   ",
            f"   |{pad}|      |{pad}|   ",
            f"   |{label:^{width}}| ---> |{dice.noun():^{width}}|   ",
            f"   |{pad}|      |{pad}|   ",
            f"   +{'-' * width}+      +{'-' * width}+   ",
            f"{' ' * (width // 2)}|  |",
            f"{' ' * (width // 2)}v  v     ",
        ]
    return "\n".join(out) + "\n"


def jinja(dice: Dice, lines: int) -> str:
    """A template: blanks and empty lines go into what it prints."""
    out: list[str] = []
    while len(out) < lines:
        noun = dice.noun()
        out += [
            f"{{% for {noun} in {noun}s -%}}",
            f"Dear {{{{ {noun}.name }}}},   ",
            "",
            "",
            "",
            f"    please note that your **{noun}**  {{{{ {noun}.id }}}} is ready in order to be picked up.",
            "{%- endfor %}",
            "-- ",
            f"{dice.person()}",
        ]
    return "\n".join(out) + "\n"


def mustache(dice: Dice, lines: int) -> str:
    """A template with sections; the same greeting in each."""
    out: list[str] = []
    while len(out) < lines:
        noun = dice.noun()
        out += [
            f"{{{{#{noun}}}}}",
            "  {{name}}:      {{{value}}}  ",
            "  Please make sure that the address below is the right one before you go on.",
            f"{{{{/{noun}}}}}",
            f"{{{{^{noun}}}}}  none  {{{{/{noun}}}}}",
            "",
        ]
    return "\n".join(out) + "\n"


def answer_layout(dice: Dice, lines: int) -> str:
    """The layout that an answer shall have, with bold heads and blanks to be filled in."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"### Finding {len(out) // 6 + 1}",
            f"- **{dice.noun().capitalize()}:** ______   ",
            f"- **Original {dice.noun()}:** the lines",
            f"- **Rationale:** {dice.wordy()}",
            "",
            "|  **from**  |  **to**  |",
        ]
    return "\n".join(out) + "\n"


def few_shot_file(dice: Dice, lines: int) -> str:
    """A file of examples: many of their lines are the same, and each belongs to its own."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"Input: {dice.sentence()}",
            "Thought: The text has to be read with respect to the feeling that it shows.",
            f"Output: {dice.one(('positive', 'negative', 'neutral'))}",
            "###",
        ]
    return "\n".join(out) + "\n"


def markdown_breaks(dice: Dice, lines: int) -> str:
    """Markdown in which two blanks at a line's end break the line."""
    out = [f"# {dice.type()}", ""]
    while len(out) < lines:
        out += [
            f"{dice.person()}  ",
            f"{dice.randint(1, 99)} {dice.one(TOWNS)} Road  ",
            f"{dice.one(TOWNS)}",
            "",
            f"* *{dice.noun()}* is `{dice.code()}`",
            f"    1. {dice.sentence()}",
            "",
            "        indented  code = { 'a':  1 }",
            "",
        ]
    return "\n".join(out) + "\n"


def mail(dice: Dice, lines: int) -> str:
    """A thread: what is quoted was said before, and quoting it again means something."""
    said = [dice.sentence() for _ in range(3)]
    out = [f"From: {dice.person()} <{dice.noun()}@example.com>", f"Date: {dice.date()} {dice.clock()}", ""]
    depth = 0
    while len(out) < lines:
        out += [f"{'> ' * depth}{line}" for line in said]
        out += ["", f"On {dice.date()}, {dice.person()} wrote:", ""]
        depth = (depth + 1) % 4
        said.append(dice.sentence()) if dice.random() < 0.3 else None
    return "\n".join([*out, "-- ", dice.person()]) + "\n"
