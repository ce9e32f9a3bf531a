"""The two small C programs of the benchmark: what sends requests, and what answers them at once."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
NO_COMPILER = "The benchmark's load generator is a C program, and no C compiler (`cc`) was found on this machine."


class ProgramFailed(Exception):
    """A program could not be built or run; the message says why."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the load generator saw; see the head of `load.c`."""

    sent: int
    answered: int
    errors: int
    seconds: float
    rate: float
    p50: float
    p95: float
    p99: float
    first50: float
    first99: float
    expected: int
    events: float
    cpu: float


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """What to send and where: a file of bodies, the headers, and a piece of text that every answer should hold."""

    port: int
    bodies: Path
    path: str = "/v1/chat/completions"
    headers: Sequence[str] = ()
    expected: str = ""


def build(directory: Path) -> None:
    """Compile what is missing or older than its source. `ProgramFailed` where that cannot be done."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise ProgramFailed(NO_COMPILER)
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("load", "upstream"):
        source, target = HERE / f"{name}.c", directory / name
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            continue
        if subprocess.run([compiler, "-O2", "-o", str(target), str(source)], check=False).returncode != 0:
            raise ProgramFailed(f"{source.name} could not be compiled; the lines above say why.")


@asynccontextmanager
async def upstream(directory: Path, seconds: int) -> AsyncIterator[int]:
    """The instant provider, for at most so many seconds; the port that it listens on."""
    process = await asyncio.create_subprocess_exec(
        str(directory / "upstream"), str(seconds), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def load(
    directory: Path, shot: Shot, *, connections: int, seconds: float, requests: int = 2_000_000, first: int = 0
) -> Load:
    """Send for so long, or so many, whichever ends first; `first` is the number of the first request."""
    arguments = [
        *("-p", str(shot.port), "-f", str(shot.bodies), "-P", shot.path, "-c", str(connections), "-s", str(seconds)),
        *("-n", str(requests), "-k", str(first), "-e", shot.expected or '"id"'),
    ]
    for header in shot.headers:
        arguments += ["-H", header]
    process = await asyncio.create_subprocess_exec(
        str(directory / "load"),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ProgramFailed(f"The load generator failed: {complaint.decode(errors='replace').strip()}")
    return msgspec.json.decode(said, type=Load)
