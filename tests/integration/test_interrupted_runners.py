"""Whoever runs something against Promptly and is told to end also ends the Promptly that it started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.running import ROOT, wait_for

# A shell lets what it starts in the background ignore SIGINT, and so would all that these tests start; they take it up again.
# Stands in for `promptly up`: it says who it is, is up or never is, and waits.
_UP = """
import json, os, pathlib, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
home = pathlib.Path(os.environ["PROMPTLY_HOME"])
try:  # from before it says that it has begun, as it may be ended at once
    (home / "run.json").write_text(json.dumps({"upstream_url": ""}))
    (home / "started").write_text(str(os.getpid()))
    if os.environ.get("COMES_UP"):
        print("Ctrl-C stops everything", flush=True)
    threading.Event().wait()
finally:
    (home / "stopped").touch()
"""
_RUNNER = """
import pathlib, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.fixtures.running import start, stop
home, root = map(pathlib.Path, sys.argv[1:3])
running = start(home, home, root, COMES_UP=sys.argv[3])
try:
    (home / "up").touch()
    threading.Event().wait()
finally:
    stop(running.process)
"""


@pytest.mark.parametrize("comes_up", ["yes", ""])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_what_a_runner_started_ends_with_it(tmp_path: Path, comes_up: str, sent: signal.Signals) -> None:
    package = tmp_path / "root" / "deploy" / "local"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "__main__.py").write_text(_UP)
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", _RUNNER, str(home), str(tmp_path / "root"), comes_up]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL) as runner:
        try:
            wait_for((home / ("up" if comes_up else "started")).exists)
        finally:
            runner.send_signal(sent)
            runner.wait(60)
    assert runner.returncode != 0
    assert (home / "stopped").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((home / "started").read_text()), 0)
