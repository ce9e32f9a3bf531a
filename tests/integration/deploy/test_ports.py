"""Ports that one machine's Promptlys choose."""

import json
import subprocess
import sys

from deploy.local.ports import claim, free_port


def test_two_that_start_together_choose_other_ports() -> None:
    """Neither listens yet, so only what they have claimed tells them apart."""
    program = "import sys; from deploy.local.ports import claim, free_port; "
    program += "print(claim(int(sys.argv[1])), [free_port() for _ in range(300)], flush=True); sys.stdin.read()"
    wanted = str(free_port())
    claims = [
        subprocess.Popen(
            [sys.executable, "-c", program, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for port in (wanted, wanted)
    ]
    said = [one.stdout.readline().partition(" ") for one in claims if one.stdout is not None]
    ports = [port for *_, listed in said for port in json.loads(listed)]
    assert len(set(ports)) == 600
    assert [first for first, *_ in said] == ["False", "False"]  # this process has it
    for one in claims:
        one.communicate("")
    assert not claim(int(wanted))
    assert claim(ports[0])  # its owner has ended
