"""Log lines: many of them are one write, none is lost or overtaken, and each looks as it should."""

import asyncio
import io
import json
import subprocess
import sys
from typing import Any

import pytest

from libs.common.telemetry import logs
from libs.common.telemetry.lines import LineWriter


class Written(io.StringIO):
    """A file that keeps its writes apart, and says that one came."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self.came = asyncio.Event()

    def write(self, text: str) -> int:
        self.writes.append(text)
        self.came.set()
        return len(text)


async def test_lines_that_come_together_are_one_write() -> None:
    file = Written()
    writer = LineWriter(file)
    for number in range(50):
        writer.info(f"line {number}")
    assert file.writes == []
    await file.came.wait()
    assert file.writes == ["".join(f"line {number}\n" for number in range(50))]
    file.came.clear()
    writer.info("later")
    await file.came.wait()
    assert file.writes[1:] == ["later\n"]


async def test_a_warning_waits_for_nothing_and_overtakes_nothing() -> None:
    file = Written()
    writer = LineWriter(file)
    writer.info("first")
    writer.warning("second")
    writer.write("third, of a library\n")
    assert file.writes == ["first\nsecond\n", "third, of a library\n"]


async def test_much_that_waits_is_written_at_once() -> None:
    file = Written()
    writer = LineWriter(file)
    for _ in range(100):
        writer.info("x" * 1_000)
    assert file.writes[0].count("\n") == 66
    writer.flush()
    assert "".join(file.writes).count("\n") == 100


async def test_a_line_of_another_thread_does_not_wait_for_a_loop_that_nobody_told() -> None:
    file = Written()
    writer = LineWriter(file)
    await asyncio.to_thread(writer.info, "of another thread")
    assert file.writes == ["of another thread\n"]


def test_without_a_loop_nothing_waits() -> None:
    file = Written()
    LineWriter(file).info("alone")
    assert file.writes == ["alone\n"]


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("I/O operation on closed file")])
def test_a_file_that_is_gone_stops_nobody(error: Exception) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise error

    writer = LineWriter(Gone())
    writer.info("one")
    writer.warning("two")


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "raise RuntimeError"])
def test_a_process_that_ends_has_written_all(end: str) -> None:
    program = (
        "import asyncio, structlog\nfrom libs.common.telemetry import logs\nlogs.configure('t', 'json', 'info')\n"
        f"async def main():\n    structlog.get_logger().info('last', count=7)\n    {end or 'pass'}\nasyncio.run(main())"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    lines = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    assert [line["count"] for line in lines if line["event"] == "last"] == [7]


ODD: list[tuple[Any, str]] = [
    ("plain", "plain"),
    ("two words", "'two words'"),
    ("a=b", "'a=b'"),
    ("line\nbreak", r"'line\nbreak'"),
    ("\x1b[31mred", r"'\x1b[31mred'"),
    ("", ""),
    (None, "None"),
    (1.5, "1.5"),
    (["cache"], "['cache']"),
    ("\ud83d", "\ud83d"),
]


@pytest.mark.parametrize(("value", "shown"), ODD)
def test_a_line_for_people_is_one_line(value: Any, shown: str) -> None:
    event = {"event": "request", "level": "info", "timestamp": "2026-01-01T00:00:00Z", "status": 200, "code": value}
    line = logs.as_text(None, "info", event)
    assert line == f"2026-01-01T00:00:00Z [info     ] {'request':<30} code={shown} status=200"
    assert "\n" not in line


@pytest.mark.parametrize("value", [value for value, _ in ODD] + [{1: 2}, {"a": object}, float("nan"), b"\xff", 2**80])
def test_a_line_for_machines_is_an_object(value: Any) -> None:
    line = logs.as_json(None, "info", {"event": "request", "code": value})
    assert json.loads(line)["event"] == "request"
    assert "\n" not in line
