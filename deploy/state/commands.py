"""`promptly export`, `promptly diff -f FILE`, `promptly apply -f FILE` and `promptly import litellm FILE`."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from deploy.state.client import Api, ApiError
from deploy.state.litellm.config import imported
from deploy.state.model import State
from deploy.state.plan import Answers, Change, exported, paths, plan
from deploy.state.settings import ControlPlaneSettings
from libs.common.documents import MAX_BYTES, Document, DocumentError, convert, format_of, read, written

_HEAD: Final = """\
# Promptly's state of one organization, for `promptly diff -f` and `promptly apply -f`. Secrets are not in it: where a provider's key or a
# webhook is new or another, name the environment variable that has it (api_key: env:NAME, webhook_url: env:NAME, slack_url: env:NAME).
"""
T = TypeVar("T")
_SIGNS: Final = {"create": "+", "change": "~", "delete": "-"}


class ApplyFailed(Exception):
    """Not all of a plan could be carried out; the message says what was and what was not."""


def load(file: str) -> State:
    """The state in a file, `-` for YAML on standard input; `DocumentError` names what is wrong with it, and where."""
    return _from(file, lambda document: convert(document, State))


def import_litellm(file: str) -> tuple[str, list[str]]:
    """The state file, in YAML, that a LiteLLM proxy's configuration comes to, and the lines of the report."""
    found = _from(file, imported)
    report = [f"{remark.place}: {remark.why} To do: {remark.todo}" for remark in found.remarks]
    count = f"{len(report)} things have no counterpart, or not the same one:" if report else "All of it was taken over."
    return _HEAD + written(found.state), [count, *report]


def _from(file: str, use: Callable[[Document], T]) -> T:
    try:
        if file == "-":
            return use(read(sys.stdin.buffer.read(MAX_BYTES + 1), "yaml"))
        path = Path(file)
        form = format_of(path)
        with path.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        return use(read(text, form))
    except DocumentError as error:
        raise DocumentError(f"{file}, {error}") from None


async def export(settings: ControlPlaneSettings) -> str:
    """The organization as a state file in YAML."""
    async with Api(settings) as api:
        return _HEAD + written(exported(await _answers(api)))


async def difference(
    settings: ControlPlaneSettings, state: State, environment: Mapping[str, str], *, prune: bool
) -> list[Change]:
    """What `apply` would do."""
    async with Api(settings) as api:
        return plan(state, await _answers(api), environment, prune=prune)


async def apply(
    settings: ControlPlaneSettings, state: State, environment: Mapping[str, str], *, prune: bool, new_keys: Path | None
) -> list[Change]:
    """Make the organization as the state says; what was done. The secrets of keys that are made are appended to `new_keys`,
    a file that only its owner may read: they are shown this once. `ApplyFailed` where a change is refused midway.
    """
    async with Api(settings) as api:
        changes = plan(state, await _answers(api), environment, prune=prune)
        making = [change.what for change in changes if change.makes_key]
        if making and new_keys is None:
            raise ApplyFailed(
                f"{_listed(making)} would be made, and its secret is shown only once. Say where to keep it: --new-keys FILE."
                " Nothing was changed."
            )
        # Opened before the first change: a secret that could not be kept would be lost.
        with _opened(new_keys) if making and new_keys is not None else nullcontext() as kept:
            for number, change in enumerate(changes):
                try:
                    for call in change.calls:
                        answer = await api.call(call)
                        if kept is not None and change.makes_key:
                            kept.write(
                                msgspec.json.encode({"name": answer["name"], "api_key": answer["api_key"]}) + b"\n"
                            )
                            kept.flush()
                            os.fsync(kept.fileno())
                except ApiError as error:
                    raise ApplyFailed(f"{change.what}: {error} {number} of {len(changes)} changes were made.") from None
        return changes


def lines(changes: Sequence[Change]) -> list[str]:
    """The changes for people, field by field."""
    found = []
    for change in changes:
        found.append(f"{_SIGNS[change.kind]} {change.what}")
        for field in change.fields:
            before = "" if change.kind == "create" else f"{_json(field.before)} → "
            found.append(f"    {field.name}: {before}{_json(field.after)}")
    return found


async def _answers(api: Api) -> Answers:
    return {path: await api.get(path) for path in paths()}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """A file that only its owner may read, to be added to; `ApplyFailed` where it cannot be written."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise ApplyFailed(f"{file} cannot be written: {error.strerror}. Nothing was changed.") from None
    with os.fdopen(descriptor, "wb") as opened:
        yield opened
