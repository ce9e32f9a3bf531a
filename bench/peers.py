"""Other gateways, measured in the same run where `.venvs/bench-<name>` holds one; none of them is a dependency.

Each only passes requests on to the same upstream, with one worker, logs off and no database.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import msgspec

from bench import proc, rows
from deploy.local.child import Child, Plan, StartFailed
from deploy.local.console import Console
from deploy.local.ports import free_port

_KEY = "sk-bench"
_START_SECONDS = 90


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway is started: `command` takes its environment's folder, its port and its configuration's path."""

    name: str
    command: Callable[[Path, int, Path], list[str]]
    configuration: str
    headers: tuple[str, ...] = ()
    environment: dict[str, str] = {}


_LITELLM = f"""\
model_list:
  - model_name: {rows.MODEL}
    litellm_params: {{model: openai/{rows.MODEL}, api_base: "http://127.0.0.1:UPSTREAM/v1", api_key: {_KEY}}}
litellm_settings: {{set_verbose: false, json_logs: true, turn_off_message_logging: true}}
general_settings: {{master_key: {_KEY}, disable_spend_logs: true, disable_error_logs: true}}
"""
_MLFLOW = f"""\
endpoints:
  - name: {rows.MODEL}
    endpoint_type: llm/v1/chat
    model:
      provider: openai
      name: {rows.MODEL}
      config: {{openai_api_key: {_KEY}, openai_api_base: "http://127.0.0.1:UPSTREAM/v1"}}
"""


def _litellm(environment: Path, port: int, configuration: Path) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    return [str(environment / "bin" / "litellm"), "--config", str(configuration), *where]


def _mlflow(environment: Path, port: int, configuration: Path) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [str(environment / "bin" / "mlflow"), "gateway", "start", "--config-path", str(configuration), *where]


def _portkey(environment: Path, port: int, _configuration: Path) -> list[str]:
    server = environment / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    return ["node", str(server), f"--port={port}", "--headless"]


PEERS = (
    Peer(
        name="litellm",
        command=_litellm,
        configuration=_LITELLM,
        headers=(f"Authorization: Bearer {_KEY}",),
        environment={
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_LOG": "ERROR",
            "LITELLM_TELEMETRY": "False",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        },
    ),
    Peer(
        name="portkey",
        command=_portkey,
        configuration="",
        headers=(
            f"Authorization: Bearer {_KEY}",
            "x-portkey-provider: openai",
            "x-portkey-custom-host: http://127.0.0.1:UPSTREAM/v1",
        ),
        environment={"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"},
    ),
    Peer(name="mlflow", command=_mlflow, configuration=_MLFLOW),
)


class RunningPeer(msgspec.Struct, frozen=True, kw_only=True):
    """A peer that answers."""

    name: str
    pid: int
    port: int
    headers: tuple[str, ...]


@asynccontextmanager
async def running(environments: Path, upstream_port: int, directory: Path) -> AsyncIterator[list[RunningPeer]]:
    """Start those that are installed; one that does not come up is said and left out."""
    found = []
    async with AsyncExitStack() as opened:
        for peer in PEERS:
            environment = environments / f"bench-{peer.name}"
            if not environment.exists():
                continue
            try:
                found.append(await _start(opened, peer, environment, upstream_port, directory))
            except StartFailed as failure:
                print(f"{peer.name} is installed but does not answer: {failure}")
        yield found


async def _start(
    opened: AsyncExitStack, peer: Peer, environment: Path, upstream_port: int, directory: Path
) -> RunningPeer:
    port, configuration = free_port(), directory / f"{peer.name}.yaml"
    configuration.write_text(peer.configuration.replace("UPSTREAM", str(upstream_port)))
    headers = tuple(header.replace("UPSTREAM", str(upstream_port)) for header in peer.headers)
    sent = dict(header.split(": ", 1) for header in headers) | {"content-type": "application/json"}

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
                url = f"http://127.0.0.1:{port}/v1/chat/completions"
                answer = await client.post(url, content=rows.body("Are you there?"), headers=sent)
        except httpx.HTTPError:
            await asyncio.sleep(0.5)
            return False
        return answer.status_code == 200

    command = peer.command(environment, port, configuration)
    plan = Plan(name=peer.name, argv=command, ready=ready, env=peer.environment, quiet=True, stop_seconds=5)
    child = Child(plan, Console([peer.name]))
    opened.push_async_callback(_stop, child)
    await child.start(_START_SECONDS)
    assert child.pid is not None
    return RunningPeer(name=peer.name, pid=child.pid, port=port, headers=headers)


async def _stop(child: Child) -> None:
    """End a peer, its workers first: some outlive the process that started them."""
    for process in proc.family(child.pid, proc.running()) if child.pid is not None else ():
        if process.pid != child.pid:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
    await child.stop()
