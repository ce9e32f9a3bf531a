"""nats-server from the Python index, with a user for every service."""

import json
import os
import sys
from pathlib import Path

from deploy.local.child import Plan
from deploy.local.ports import answers
from deploy.local.secrets import Secrets
from libs.common.bus.access import users_conf

_SERVER = """\
listen: "127.0.0.1:{port}"
max_payload: 8388608
jetstream {{
  store_dir: {store}
  # What has been acknowledged survives a crash of the server at once, and a power cut after a second.
  sync_interval: "1s"
}}
"""


def nats_url(port: int, user: str, secrets: Secrets) -> str:
    """Where a user reaches the server, with its password."""
    return f"nats://{user}:{secrets.bus_password(user)}@127.0.0.1:{port}"


def nats_plan(home: Path, port: int, secrets: Secrets) -> Plan:
    """A real nats-server with JetStream, its state under `home`. Nobody connects without one of its users' passwords."""
    directory = home / "nats"
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "server.conf"
    # JSON's quotes and escapes are the configuration's too.
    server = _SERVER.format(port=port, store=json.dumps(str(directory / "jetstream"), ensure_ascii=False))
    config.unlink(missing_ok=True)
    with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(server + users_conf(lambda user: f'"{secrets.bus_password(user)}"'))

    async def ready() -> bool:
        return await answers("127.0.0.1", port)

    program = Path(sys.executable).with_name("nats-server")
    return Plan(name="nats", argv=[str(program), "-c", str(config)], ready=ready, quiet=True)
