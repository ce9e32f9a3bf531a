"""A plugin of pytest for a suite that is not ours: it tells the suite what exists here, and writes down how each test ended.

Such suites were written against a server that answers for any name. They take an address from the environment, but have their key
written in `tests/conftest.py`, and name objects that nobody made. This gives them a key of Promptly's, and before each test puts
what exists in the place of such a name: a response, a file, a batch or an upload that is made through Promptly, or another name. What the
tests send beside that, and what they expect, is untouched.

The environment says: `SUITE_API_URL` (with /v1), `SUITE_API_KEY`, `SUITE_MODEL`, `SUITE_NAMES` (JSON: file, or * for all → name → what it
stands for) and `SUITE_RESULTS`, the file that gets one JSON line a test: its id below `tests/api_resources`, its outcome (passed, failed
or skipped) and what went wrong.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any
from urllib.request import Request, urlopen

_URL, _KEY, _MODEL = (os.environ[f"SUITE_{name}"] for name in ("API_URL", "API_KEY", "MODEL"))
_NAMES: dict[str, dict[str, str]] = json.loads(os.environ["SUITE_NAMES"])
_found: dict[str, tuple[str, str]] = {}
_codes: dict[str, CodeType] = {}


def _post(path: str, body: bytes, kind: str = "application/json") -> str:
    headers = {"authorization": f"Bearer {_KEY}", "content-type": kind, "x-promptly-cache": "off"}
    with urlopen(Request(f"{_URL}/{path}", body, headers), timeout=30) as answer:
        return str(json.load(answer)["id"])


def _response() -> str:
    return _post("responses", json.dumps({"model": _MODEL, "input": "string", "store": True}).encode())


def _file() -> str:
    line = json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": _MODEL}})
    parts = (
        '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\ncontent-disposition: form-data; '
    )
    parts += f'name="file"; filename="a.jsonl"\r\n\r\n{line}\r\n--b--\r\n'
    return _post("files", parts.encode(), "multipart/form-data; boundary=b")


def _batch() -> str:
    body = {"input_file_id": _file(), "endpoint": "/v1/responses", "completion_window": "24h"}
    return _post("batches", json.dumps(body).encode())


def _upload() -> str:
    body = {"bytes": 1, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "batch"}
    return _post("uploads", json.dumps(body).encode())


_MADE: dict[str, Callable[[], str]] = {
    "a response": _response,
    "a file": _file,
    "a batch": _batch,
    "an upload": _upload,
}


def pytest_collection_modifyitems() -> None:
    sys.modules["tests.conftest"].api_key = _KEY  # type: ignore[attr-defined]


def pytest_runtest_setup(item: Any) -> None:
    name, function = item.nodeid.removeprefix("tests/api_resources/"), getattr(item.obj, "__func__", item.obj)
    names = {**_NAMES.get("*", {}), **_NAMES.get(name.split("::")[0], {})}
    if {"respx_mock", "respx2_mock"} & {*item.fixturenames}:
        return  # it answers itself, for the names that it knows
    code = _codes.setdefault(name.split("[")[0], function.__code__)
    held = [at for at, value in enumerate(code.co_consts) if isinstance(value, str) and value in names]
    if held:
        consts = list(code.co_consts)
        for at in held:
            meant = names[consts[at]]
            consts[at] = _MADE[meant]() if meant in _MADE else meant
        function.__code__ = code.replace(co_consts=tuple(consts))


def pytest_runtest_logreport(report: Any) -> None:
    name = report.nodeid.removeprefix("tests/api_resources/")
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        _found[name] = ("failed", crash.message if crash else str(report.longrepr)[-2000:])
    elif report.skipped:
        _found.setdefault(name, ("skipped", str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else ""))
    elif report.when == "call":
        _found.setdefault(name, ("passed", ""))


def pytest_sessionfinish() -> None:
    lines = [json.dumps({"test": name, "outcome": how, "why": why}) for name, (how, why) in sorted(_found.items())]
    Path(os.environ["SUITE_RESULTS"]).write_text("\n".join(lines) + "\n")
