"""What processes have used, read from /proc: CPU seconds and memory, by part of the system."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One line of /proc/<pid>/stat: CPU seconds of all its threads and of children that ended, resident bytes."""

    pid: int
    parent: int
    cpu: float
    resident: int


def parse_stat(line: str) -> Process:
    """Read a stat line; the name in it may hold blanks and parentheses, so fields count from the last one."""
    pid, _, rest = line.partition(" (")
    fields = rest.rpartition(") ")[2].split()
    ticks = sum(int(field) for field in fields[11:15])
    return Process(pid=int(pid), parent=int(fields[1]), cpu=ticks / _TICK, resident=int(fields[21]) * _PAGE)


def parse_proportional(rollup: str) -> int:
    """Bytes of a process in smaps_rollup, each shared page divided by the number of processes that share it."""
    return next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:"))


def family(root: int, processes: Iterable[Process]) -> list[Process]:
    """A process and all that descend from it."""
    children: dict[int, list[Process]] = {}
    found = []
    for process in processes:
        children.setdefault(process.parent, []).append(process)
        if process.pid == root:
            found.append(process)
    for process in found:
        found.extend(children.get(process.pid, ()))
    return found


def running() -> list[Process]:
    """Every process of this machine."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdecimal():
            try:
                found.append(parse_stat((directory / "stat").read_text()))
            except OSError:  # it ended meanwhile
                continue
    return found


def cpu_of(parts: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds since its start, per part; `parts` names each one's first process."""
    processes = running()
    return {name: sum(process.cpu for process in family(pid, processes)) for name, pid in parts.items()}


def exact_cpu_of(parts: Mapping[str, int]) -> dict[str, float]:
    """The same to the microsecond, without what has ended: for work of milliseconds the clock of `cpu_of` is too coarse."""
    processes = running()
    return {name: sum(_scheduled(process.pid) for process in family(pid, processes)) for name, pid in parts.items()}


def _scheduled(pid: int) -> float:
    seconds = 0.0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            seconds += int(thread.read_text().split()[0]) / 1e9
        except OSError:  # it ended meanwhile
            continue
    return seconds


def idle_seconds(stat: str | None = None) -> float:
    """Seconds that the cores of this machine had nothing to do, all together since it started; `stat` is /proc/stat's text."""
    fields = (Path("/proc/stat").read_text() if stat is None else stat).split("\n", 1)[0].split()
    return (int(fields[4]) + int(fields[5])) / _TICK  # idle, and waiting for a disk


def _proportional(process: Process) -> int:
    """Nothing for one that has ended since it was seen."""
    try:
        return parse_proportional(Path(f"/proc/{process.pid}/smaps_rollup").read_text())
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return 0


def memory_of(parts: Mapping[str, int]) -> dict[str, int]:
    """Bytes per part. Shared pages count once in the sum over a part's processes, so that Postgres is not overstated."""
    processes = running()
    found = {}
    for name, pid in parts.items():
        members = family(pid, processes)
        if len(members) == 1:
            found[name] = members[0].resident
            continue
        found[name] = sum(map(_proportional, members))
    return found
