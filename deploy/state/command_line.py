"""The state commands of `promptly`: their arguments, what they print, and their exit codes."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from deploy.state import commands, settings
from deploy.state.client import ApiError
from deploy.state.commands import ApplyFailed
from deploy.state.plan import PlanError
from libs.common.documents import DocumentError
from libs.common.settings import SettingsError

COMMANDS: Final = ("export", "diff", "apply", "import")
# `diff` answers 1 where there is a difference, so what failed is another number.
_FAILED: Final = 2
_WHERE: Final = "It asks the Promptly at PROMPTLY_URL with the key for the control plane in PROMPTLY_API_KEY."


def add_to(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the state commands to those of `promptly`."""
    parsers.add_parser("export", help="print an organization's configuration as a state file", description=_WHERE)
    for name, text in (
        ("diff", "print what `apply` would change; exit 1 where that is something"),
        ("apply", "make an organization's configuration what a state file says"),
    ):
        parser = parsers.add_parser(name, help=text, description=_WHERE)
        parser.add_argument(
            "-f", "--file", required=True, help="state file: .yaml, .toml or .json, or - for YAML on stdin"
        )
        parser.add_argument("--prune", action="store_true", help="also delete what the file's lists do not name")
        if name == "apply":
            parser.add_argument(
                "--new-keys", type=Path, metavar="FILE", help="where the secrets of keys that are made are kept"
            )

    other = parsers.add_parser("import", help="make a state file of another gateway's configuration")
    kinds = other.add_subparsers(dest="kind", required=True)
    litellm = kinds.add_parser(
        "litellm", help="a LiteLLM proxy's config.yaml: the state on stdout, what has no counterpart on stderr"
    )
    litellm.add_argument("file", help="config.yaml, or - for stdin")


def run(arguments: argparse.Namespace) -> int:
    """Run a state command; the exit code."""
    try:
        if arguments.command == "import":
            state_file, report = commands.import_litellm(arguments.file)
            sys.stdout.write(state_file)
            print("\n".join(report), file=sys.stderr)
            return 0
        own, environment = settings.read(), settings.environment()
        if arguments.command == "export":
            sys.stdout.write(asyncio.run(commands.export(own)))
            return 0
        state = commands.load(arguments.file)
        if arguments.command == "diff":
            found = asyncio.run(commands.difference(own, state, environment, prune=arguments.prune))
            _print(commands.lines(found) or ["There is no difference."])
            return 1 if found else 0
        found = asyncio.run(commands.apply(own, state, environment, prune=arguments.prune, new_keys=arguments.new_keys))
        _print([*commands.lines(found), f"{len(found)} changes were made." if found else "Nothing was changed."])
    except (SettingsError, DocumentError, PlanError, ApiError, ApplyFailed, OSError) as error:
        print(f"promptly: {error}", file=sys.stderr)
        return _FAILED
    return 0


def _print(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
