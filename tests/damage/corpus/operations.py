"""What is typed into, or printed by, the machines of those who run software."""

from tests.damage.corpus.words import NOUNS, Dice


def sql(dice: Dice, lines: int) -> str:
    """Queries and inserts whose rows are alike; a quoted text with two blanks."""
    out: list[str] = []
    while len(out) < lines:
        noun, other = dice.noun(), dice.noun()
        out += [
            f"-- {dice.sentence()}",
            f"SELECT o.id,  o.{noun}_id, COUNT(*) AS n",
            f"  FROM {noun}s o",
            f"  LEFT JOIN {other}s p ON p.id = o.{other}_id",
            f" WHERE o.state = 'with  two blanks' AND o.total > {dice.randint(1, 900)}",
            " GROUP BY o.id,  o.state",
            " ORDER BY n DESC;",
            "",
            *(f"INSERT INTO {noun}s (id, state, note) VALUES ({i % 3}, 'open', 'sent in order to test the import');"
              for i in range(dice.randint(2, 5))),
            "",
        ]  # fmt: skip
    return "\n".join(out) + "\n"


def shell_session(dice: Dice, lines: int) -> str:
    """Commands and what they print, columns and equal lines among it."""
    out: list[str] = []
    while len(out) < lines:
        noun = dice.noun()
        out += [
            f"$ ls -l  {noun}/",
            f"total {dice.randint(1, 99)}",
            *(f"-rw-r--r--  1 {dice.one(('mira', 'tom'))}  staff  {dice.randint(1, 99999):>7} Nov {d:>2} 10:0{d}  {dice.name()}.py"
              for d in range(1, dice.randint(3, 6))),
            f"$ grep -rn 'in order to' {noun} | wc -l",
            f"      {dice.randint(0, 40)}",
            *["warning: the majority of the tests were skipped, please check the configuration of the runner"] * 3,
            "$ export OPTS='--on  --off'   ",
        ]  # fmt: skip
    return "\n".join(out) + "\n"


def makefile(dice: Dice, lines: int) -> str:
    """Tabs that make a rule, and aligned comments."""
    out = ["PYTHON   ?= python3", "FLAGS     = -O2  -g", ".PHONY: all check", ""]
    while len(out) < lines:
        name = f"{dice.noun()}-{dice.randint(1, 99)}"
        out += [
            f"{name}: build/{name}.o   ## {dice.sentence()}",
            "\t@$(PYTHON) -m pytest --quiet -x   $(FLAGS)",
            "\t@echo 'done,  please check the log'",
            "",
        ]
    return "\n".join(out) + "\n"


def dockerfile(dice: Dice, lines: int) -> str:
    """Layers with continued lines; the same RUN in each stage."""
    out: list[str] = []
    while len(out) < lines:
        stage = dice.noun()
        out += [
            f"FROM debian:12-slim AS {stage}",
            f"# {dice.sentence()}",
            "RUN apt-get update && \\",
            "    apt-get install --yes --no-install-recommends   ca-certificates curl && \\",
            "    rm -rf /var/lib/apt/lists/*",
            f'ENV MODE="{stage}"  LEVEL={dice.randint(1, 5)}',
            f"COPY --from={stage} /src   /app",
            f'CMD ["python", "-m",  "{dice.name()}"]',
            "",
        ]
    return "\n".join(out) + "\n"


def stack_trace(dice: Dice, lines: int) -> str:
    """A chain of exceptions with frames that repeat."""
    out = ["Traceback (most recent call last):"]
    frame = f'  File "/srv/app/{dice.name()}.py", line {dice.randint(10, 900)}, in {dice.name()}'
    while len(out) < lines:
        out += [
            f'  File "/srv/app/{dice.name()}.py", line {dice.randint(10, 900)}, in {dice.name()}',
            f"    return self.{dice.name()}(*args,  **kwargs)",
            "           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            *[frame, "    return walk(node,  depth + 1, seen) or the_rest_of(node, with_respect_to=depth)"] * 2,
        ]
        if dice.random() < 0.2:
            out += [
                f"ValueError: could not read the {dice.noun()} {dice.code()}",
                "",
                "During handling of the above exception, another exception occurred:",
                "",
                "Traceback (most recent call last):",
            ]
    return "\n".join([*out, f"RuntimeError: {dice.wordy()} at {dice.address()}"]) + "\n"


def crontab(dice: Dice, lines: int) -> str:
    """Five fields and a command, with stars that are not emphasis."""
    out = ["# m h  dom mon dow   command", "MAILTO=ops@example.com", ""]
    while len(out) < lines:
        minute = dice.one(("*", "*/5", "0", "15,45", "7"))
        command = f"/usr/local/bin/{dice.name()} --since  yesterday"
        out.append(f"{minute} {dice.one(('*', '*/2', '3'))}  * * {dice.one(('*', '1-5'))}   {command}")
        out += [out[-1]] * (dice.random() < 0.2)
    return "\n".join(out) + "\n"


def _numbered(dice: Dice, count: int, *, blanks: bool) -> list[str]:
    lines = []
    for i in range(count):
        line = dice.one((
            f"def {dice.name()}(a, b):",
            f"    return {{ \"n\": {i},  \"of\": [ 1, 2 ] }}",
            "    # please make sure that the caller holds the lock in order to be safe",
            f"    {dice.noun()} = {dice.noun()} ** 2",
            "",
        ))  # fmt: skip
        lines.append(dice.blanks(line) if blanks else line)
    return lines


def _diff(dice: Dice, lines: int, *, blanks: bool) -> str:
    out: list[str] = []
    while len(out) < lines:
        name, start = f"{dice.noun()}/{dice.name()}.py", dice.randint(1, 300)
        context, old, new = (_numbered(dice, n, blanks=blanks) for n in (3, dice.randint(1, 4), dice.randint(1, 5)))
        after = _numbered(dice, 3, blanks=blanks)
        out += [
            f"diff --git a/{name} b/{name}",
            f"--- a/{name}",
            f"+++ b/{name}",
            f"@@ -{start},{6 + len(old)} +{start},{6 + len(new)} @@ class {dice.type()}:",
            *(f" {line}" for line in context),
            *(f"-{line}" for line in old),
            *(f"+{line}" for line in new),
            *(f" {line}" for line in after),
        ]
    return "\n".join(out) + "\n"


def diff(dice: Dice, lines: int) -> str:
    """Hunks of source. An empty context line is one blank."""
    return _diff(dice, lines, blanks=False)


def diff_blanks(dice: Dice, lines: int) -> str:
    """Hunks whose lines end in blanks, which the patch has to match."""
    return _diff(dice, lines, blanks=True)


def regex_list(dice: Dice, lines: int) -> str:
    """Patterns in which blanks, stars and repeats are the point."""
    out: list[str] = []
    while len(out) < lines:
        noun = dice.one(NOUNS)
        out.append(dice.one((
            rf"^{noun}  +(\d{{2,4}})\s*$",
            rf"(?<!\w)\*\*{noun}\*\*(?!\w)",
            rf"^the {noun} (is|was) in order  to$",
            r"[ \t]+$ ",
            rf"__{noun}__|\b{noun}\b   # {dice.wordy()}",
        )))  # fmt: skip
    return "\n".join(out) + "\n"
