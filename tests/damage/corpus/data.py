"""Rows: tables, logs and dumps, in which equal lines are as many facts as there are lines."""

import csv
import io
import json

from tests.damage.corpus.words import TOWNS, Dice


def _separated(dice: Dice, lines: int, delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=dice.one(("\n", "\n", "\r\n")))
    writer.writerow(["id", "day", "person", "town", "state", "amount", "note"])
    rows = []
    for i in range(lines):
        state = dice.one(("open", "paid", "paid", "in order to be paid"))
        row = [i, dice.date(), dice.person(), dice.one(TOWNS), state, dice.amount(), ""]
        if dice.random() < 0.3:
            row[-1] = dice.one(
                ('said "no",  twice', " starts with a blank", "please check the amount prior to payment")
            )
        rows.append(row)
        if rows and dice.random() < 0.2:
            rows.append(rows[-1])
    writer.writerows(rows)
    return out.getvalue()


def comma(dice: Dice, lines: int) -> str:
    """CSV with quotes, equal rows, empty fields, and now and then Windows line ends."""
    return _separated(dice, lines, ",")


def tab(dice: Dice, lines: int) -> str:
    """TSV, some of whose last fields are empty: the tab before them ends the line."""
    return _separated(dice, lines, "\t")


def fixed_width(dice: Dice, lines: int) -> str:
    """Columns by position; blanks behind the last one."""
    out = [f"{'ACCOUNT':<12}{'NAME':<24}{'TOWN':<16}{'BALANCE':>12}  STATE   ", "-" * 72]
    for _ in range(lines):
        row = f"{dice.code():<12}{dice.person():<24}{dice.one(TOWNS):<16}{dice.amount():>12}  {dice.one(('OPEN', 'SHUT')):<8}"
        out += [row] * (2 if dice.random() < 0.15 else 1)
    return "\n".join(out) + "\n"


def markdown_table(dice: Dice, lines: int) -> str:
    """A padded table with bold cells, and rows that say the same."""
    out = [
        f"# {dice.type()}",
        "",
        "| item         | state    |   amount | remark |",
        "|:-------------|:--------:|---------:|--------|",
    ]
    for _ in range(lines):
        noun = f"**{dice.noun()}**" if dice.random() < 0.3 else dice.noun()
        remark = dice.one(("", "**late**", "please check the amount with respect to the order that it belongs to"))
        out.append(f"| {noun:<12} | {dice.one(('open', 'paid')):^8} | {dice.amount():>8} | {remark} |")
    return "\n".join(out) + "\n"


def apache_log(dice: Dice, lines: int) -> str:
    """An error log: most of its lines come several times."""
    out: list[str] = []
    while len(out) < lines:
        day = f"[Sat Nov 28 {dice.clock()} 2026]"
        line = dice.one((
            f"{day} [error] mod_proxy child workerEnv in error state {dice.randint(5, 9)}",
            f"{day} [notice] workerEnv.init() ok /etc/httpd/conf/workers.properties",
            f"{day} [error] [client {dice.address()}] Directory index forbidden by rule: /var/www/html/",
        ))  # fmt: skip
        out += [line] * dice.randint(1, 4)
    return "\n".join(out) + "\n"


def syslog(dice: Dice, lines: int) -> str:
    """Days padded with a blank, and messages that are sentences."""
    out: list[str] = []
    while len(out) < lines:
        stamp = f"Nov {dice.randint(1, 28):>2} {dice.clock()} {dice.noun()}-{dice.randint(1, 3)}"
        line = f"{stamp} {dice.one(('sshd', 'cron', 'kernel'))}[{dice.randint(100, 9999)}]: {dice.sentence()}"
        out += [line] * dice.choice((1, 1, 1, 3))
    return "\n".join(out) + "\n"


def app_log(dice: Dice, lines: int) -> str:
    """Levels in a column, multi-line entries, equal warnings."""
    warning = (
        f"2026-11-28T{dice.clock()}Z  WARN   {dice.noun()}: retry queue is almost full, dropping low priority jobs"
    )
    out: list[str] = []
    while len(out) < lines:
        out.append(f"2026-11-28T{dice.clock()}Z  {dice.one(('INFO ', 'ERROR'))}  {dice.noun()}: {dice.sentence()}")
        out += [warning] * dice.randint(0, 3)
        if dice.random() < 0.15:
            out += ["    caused by: the payment service did not answer within five seconds", "    at node eu-3   "]
    return "\n".join(out) + "\n"


def json_log(dice: Dice, lines: int) -> str:
    """An object a line as loggers print it, odd blanks between, equal lines among them."""
    out: list[str] = []
    while len(out) < lines:
        held = {"t": f"2026-11-28T{dice.clock()}Z", "level": dice.one(("info", "warn")), "event": dice.name()}
        line = json.dumps({**held, "n": dice.randint(0, 5), "why": dice.wordy()})
        out += [line] * dice.randint(1, 3)
    return "\n".join(out) + "\n"


def jsonl(dice: Dice, lines: int) -> str:
    """Records of a data set, one a line; some writers put blanks inside."""
    out = []
    for i in range(lines):
        row = {"id": i, "prompt": dice.sentence(), "completion": dice.wordy(), "tags": [dice.noun(), dice.noun()]}
        out.append(json.dumps(row, separators=dice.choice(((",", ":"), (", ", ": "), (" , ", " : ")))))
    return "\n".join(out) + "\n"


def key_values(dice: Dice, lines: int) -> str:
    """What a tool prints about things, block after block, with the same values in many of them."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"Name:             {dice.noun()}-{dice.randint(1, 40)}",
            f"Namespace:        {dice.one(('default', 'system'))}",
            f"Labels:           app={dice.noun()}",
            "                  tier=with respect to the front end of the application",
            "Status:           Running in order to be drained by the next release of the cluster",
            f"IP:               {dice.address()}",
            "Annotations:      <none>  ",
            "",
            "",
            "",
        ]
    return "\n".join(out) + "\n"
