"""Texts that look like something else: records that look like documents, prose that is a format, characters that nobody expects."""

import base64

from tests.damage.corpus.words import TOWNS, Dice


def yaml_stream(dice: Dice, lines: int) -> str:
    """Manifests between `---`, which also sets documents apart."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            "---",
            "apiVersion: v1",
            f"kind: {dice.one(('Service', 'ConfigMap'))}",
            "metadata:",
            f"  name: {dice.noun()}-{len(out)}",
            f"  annotations: {{ note: '{dice.wordy()}',  owner: {dice.noun()} }}",
            "data:",
            f"  limit: '{dice.randint(1, 900)}'",
        ]
    return "\n".join(out) + "\n"


def xml_records(dice: Dice, lines: int) -> str:
    """Elements called document: records of an archive, to be counted and not to be chosen from."""
    out = ["<archive>"]
    while len(out) < lines:
        out += [
            f'<document id="{dice.code()}">',
            f"  <title>{dice.type()}</title>",
            f"  <text>{dice.sentence()} {dice.sentence()}</text>",
            f"  <day>{dice.date()}</day>",
            "</document>",
        ]
    return "\n".join([*out, "</archive>"]) + "\n"


def slides(dice: Dice, lines: int) -> str:
    """A deck in Markdown: rules between slides, code among them."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"# {dice.type()}",
            "",
            f"* {dice.sentence()}",
            f"* **{dice.noun()}**:  {dice.amount()}",
            "",
            "    $ make check   # please run this",
            "",
            "---",
            "",
        ]
    return "\n".join(out) + "\n"


def references(dice: Dice, lines: int) -> str:
    """A list of literature with numbers in brackets."""
    out = []
    for n in range(1, lines + 1):
        title = f'"On the {dice.noun()} of {dice.one(TOWNS)}"'
        pages = f"pp. {dice.randint(1, 90)}--{dice.randint(91, 300)}"
        out.append(f"[{n}] {dice.person()}, {title},  {dice.type()} Letters, {pages}, {dice.randint(1950, 2026)}.")
    return "\n".join(out) + "\n"


def subtitles(dice: Dice, lines: int) -> str:
    """Numbered lines of speech with their times; people repeat themselves."""
    said = [dice.sentence() for _ in range(4)]
    out: list[str] = []
    for n in range(1, max(2, lines // 4)):
        out += [str(n), f"00:{n % 60:02}:01,000 --> 00:{n % 60:02}:03,500", dice.one(said), ""]
    return "\n".join(out) + "\n"


def calendar(dice: Dice, lines: int) -> str:
    """Events of a calendar file, continued lines among them."""
    out = ["BEGIN:VCALENDAR"]
    while len(out) < lines:
        out += [
            "BEGIN:VEVENT",
            f"DTSTART:202611{dice.randint(1, 28):02}T{dice.randint(0, 23):02}0000Z",
            f"SUMMARY:{dice.sentence()}",
            "DESCRIPTION:Please make sure that the room is free prior to the mee",
            " ting of the day.  ",
            "END:VEVENT",
        ]
    return "\n".join([*out, "END:VCALENDAR"]) + "\n"


def hex_dump(dice: Dice, lines: int) -> str:
    """Sixteen bytes a line, in two columns; equal lines as they are."""
    out = []
    for n in range(lines):
        held = bytes(32 + dice.randrange(90) for _ in range(16)) if dice.random() < 0.8 else bytes(16)
        halves = (held[:8].hex(" "), held[8:].hex(" "))
        shown = "".join(chr(byte) if byte >= 32 else "." for byte in held)
        out.append(f"{n * 16:08x}  {halves[0]}  {halves[1]}  |{shown}|")
    return "\n".join(out) + "\n"


def processes(dice: Dice, lines: int) -> str:
    """What ps prints: columns, and commands with many options."""
    out = ["USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"]
    for _ in range(lines):
        command = f"/usr/bin/{dice.noun()}  --{dice.noun()}={dice.randint(1, 99)}  --in-order-to  the {dice.noun()}"
        numbers = f"{dice.randint(1, 99999):>7}  0.{dice.randint(0, 9)}  1.0 {dice.randint(1, 999999):>6}"
        out.append(
            f"{dice.one(('root', 'mira')):<8} {numbers} {dice.randint(1, 9999):>5} ?        Ss   10:00   0:00 {command}"
        )
    return "\n".join(out) + "\n"


def odd_characters(dice: Dice, lines: int) -> str:
    """Blanks that are none, marks without width, mixed line ends, pictures, writing from right to left."""
    out = ["\ufeffkey\u00a0= value"]
    for n in range(lines):
        noun = dice.noun()
        out.append(dice.one((
            f"{noun}\u00a0\u00a0{n}", f"{noun}\u200b{noun}   {n}\t\t", f"\t\t  \t{noun} {n}\r", f"\u3000{noun}\u3000{n}",
            f"\U0001f642  {noun} {n} \U0001f643", f"مرحبا  {noun} {n}", f"\x0c{noun} {n}", "", "   ", f"x\u0301  = {n}",
        )))  # fmt: skip
    return "\n".join(out) + "\n"


def minified(dice: Dice, lines: int) -> str:
    """A program on one line, as tools for the web write it."""
    parts = [
        f'function {dice.camel()}{n}(a,b){{return a?{{"on": true,"n":[1, 2]}}:b**{n}+\'  two  blanks  \'}}'
        for n in range(max(3, lines // 3))
    ]
    return ";".join(parts) + ";\n"


def base64_blob(dice: Dice, lines: int) -> str:
    """A certificate: 64 characters a line."""
    held = base64.b64encode(bytes(dice.randrange(256) for _ in range(48 * lines))).decode()
    rows = [held[i : i + 64] for i in range(0, len(held), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----"]) + "\n"


def chat_export(dice: Dice, lines: int) -> str:
    """An exported chat: who said what when; many say the same."""
    said = [dice.sentence() for _ in range(3)] + ["ok", "+1", "thanks"]
    people = [dice.person() for _ in range(3)]
    out = [f"[{dice.date()}, {dice.clock()}] {dice.one(people)}: {dice.one(said)}" for _ in range(lines)]
    return "\n".join(out) + "\n"


def questionnaire(dice: Dice, lines: int) -> str:
    """A form with lines to be filled in and the same scale under each question."""
    out = ["PATIENT FORM          Page 1 of 2", ""]
    while len(out) < lines:
        out += [
            f"{len(out) // 5 + 1}.  How often is the {dice.noun()} {dice.one(('late', 'open', 'heavy'))}?",
            "    [ ] never   [ ] sometimes   [ ] on a daily basis   [ ] do not know",
            "    Remarks: ______________________",
            "",
            "",
        ]
    return "\n".join(out) + "\n"
