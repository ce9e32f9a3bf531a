"""The `promptly` command: up, demo, status, doctor, what operators ask of auth, and configuration as a file."""

import argparse
import asyncio
import signal
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from deploy.doctor import command as doctor
from deploy.local import backup, installation, operating, quickstart, settings
from deploy.local.child import StartFailed
from deploy.local.console import Console
from deploy.local.ports import claim, free_port, readiness, why_not
from deploy.local.settings import LocalSettings
from deploy.local.stack import SERVICES, AlreadyRunning, Stack, read_state
from deploy.operator import commands as operator
from deploy.state import command_line
from libs.common.settings import SettingsError


def main() -> None:
    """Read the command line and run what it asks for; the exit code says whether it worked."""
    parser = argparse.ArgumentParser(prog="promptly", description="Run Promptly on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and stay, until Ctrl-C")
    up.add_argument("--port", type=int, help="where clients connect (default 8000, or PROMPTLY_PORT)")
    up.add_argument("--demo", action="store_true", help="also start the demo's upstream and connect it")
    demo = commands.add_parser("demo", help="start everything, send traffic, print what was saved, stop")
    demo.add_argument("--port", type=int, help="where clients connect (default: PROMPTLY_PORT, or any free port)")
    demo.add_argument("--verbose", action="store_true", help="show the services' logs")
    replay = commands.add_parser("replay", help="what Promptly would have made of requests that were sent before")
    replay.add_argument(
        "file", type=Path, help="a request a line: OpenAI's, Anthropic's, or LiteLLM's spend log (JSONL)"
    )
    for name, text in (
        ("backup", "write database and secrets of this machine's Promptly into a file"),
        ("restore", "make a new home of what `backup` wrote"),
    ):
        commands.add_parser(name, help=text).add_argument("file", type=Path)
    commands.add_parser("status", help="ask a running Promptly how its parts are")
    doctor.add_to(commands)
    operator.add_to(commands)
    command_line.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command in command_line.COMMANDS:
        sys.exit(command_line.run(arguments))
    if arguments.command == doctor.NAME:
        sys.exit(asyncio.run(doctor.run(*installation.here(), as_json=arguments.json)))
    try:
        own = settings.read()
        if arguments.command == "status":
            code = asyncio.run(_status(own))
        elif arguments.command == "backup":
            code = backup.backup(own, arguments.file, Console([]))
        elif arguments.command == "restore":
            code = backup.restore(own, arguments.file, Console([]))
        elif arguments.command in operator.NAMES:
            code = asyncio.run(operating.run(own, arguments))
        elif arguments.command == "up":
            code = asyncio.run(_up(own, own.port if arguments.port is None else arguments.port, demo=arguments.demo))
        elif arguments.command == "replay":
            if not arguments.file.is_file():
                parser.error(f"There is no file {arguments.file}.")
            code = asyncio.run(_replay(own, arguments.file))
        else:
            code = asyncio.run(_demo(own, arguments.port, verbose=arguments.verbose))
    except (SettingsError, StartFailed, AlreadyRunning, backup.BackupFailed) as error:
        sys.exit(f"promptly: {error}")
    sys.exit(code)


async def _up(own: LocalSettings, port: int, *, demo: bool) -> int:
    if demo:
        _checkout_wanted()
    stack = Stack(own, _checked(port), demo=demo)
    stopping = _on_signals()
    starting = asyncio.create_task(stack.start())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await quickstart.print_to(stack)
            await stopping
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        stack.console.say("Stopping …")
        await stack.stop()
        stack.console.good("stopped; nothing is left running")
    return 0


async def _demo(own: LocalSettings, port: int | None, *, verbose: bool) -> int:
    _checkout_wanted()
    from deploy.local import demo  # noqa: PLC0415 - it needs the tests' provider, which only a checkout has

    port = _checked(port) if port is not None else own.port if claim(own.port) else free_port()
    # A home of its own, so that a Promptly that is up meanwhile is not in the way; the model is shared.
    home = msgspec.structs.replace(own, home=str(Path(own.home) / "demo"), model_dir=str(own.model_path))
    return await _apart(Stack(home, port, demo=True, quiet=not verbose), demo.run)


async def _replay(own: LocalSettings, file: Path) -> int:
    _checkout_wanted()
    from deploy.local import replay  # noqa: PLC0415 - it needs the tests' provider, which only a checkout has

    with TemporaryDirectory(prefix="promptly-") as home:
        apart = msgspec.structs.replace(own, home=home, model_dir=str(own.model_path), nats_url=None, database_url=None)
        stack = Stack(apart, free_port(), demo=True, quiet=True)
        return await _apart(stack, partial(replay.run, file=file))


async def _apart(stack: Stack, run: "quickstart.Demonstration") -> int:
    """Start everything, run something against it, and stop everything."""
    stopping = _on_signals()
    work = asyncio.create_task(_demonstrate(stack, run))
    try:
        await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return 130
        agreed = work.result()
    except quickstart.DemoFailed as error:
        stack.console.bad(str(error))
        return 1
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await stack.stop()
    if not agreed:
        stack.console.bad("the figures do not agree")
        return 1
    stack.console.good("every figure agrees; everything has been stopped")
    return 0


async def _demonstrate(stack: Stack, run: "quickstart.Demonstration") -> bool:
    await stack.start()
    assert stack.upstream_url is not None
    return await run(stack.url, stack.upstream_url, stack.console)


async def _status(own: LocalSettings) -> int:
    console = Console(list(SERVICES))
    state = read_state(own.home_path)
    if state is None:
        console.bad(f"Promptly does not run from {own.home_path}. Start it with `promptly up`.")
        return 1
    console.say(f"Promptly at {state['url']} (pid {state['pid']})")
    answers = await asyncio.gather(*(readiness(port) for port in state["ops_ports"].values()))
    for name, answer in zip(state["ops_ports"], answers, strict=True):
        (console.good if answer == "ready" else console.bad)(f"{name:<10} {answer}")
    return 0 if all(answer == "ready" for answer in answers) else 1


def _checkout_wanted() -> None:
    """A provider is played with what only a checkout has, and no wheel."""
    try:
        found = find_spec("tests.fake_provider") is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise StartFailed(
            "A provider is played here that only a checkout of the sources has. Run `promptly up` instead."
        )


def _checked(port: int) -> int:
    if (reason := why_not(port)) is not None:
        raise StartFailed(f"Port {port} {reason}. Choose another with --port or PROMPTLY_PORT.")
    return port


def _on_signals() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopping.done():
            stopping.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return stopping


if __name__ == "__main__":
    main()
