"""Runs the provider: `python -m tests.fake_provider --port 0` prints the URL that it serves."""

import argparse
import asyncio
import signal

import uvloop

from libs.common import tokens
from libs.common.web import serve_http
from tests.fake_provider.app import FakeProvider


async def _main(port: int, strict: bool, demo: bool) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    tokens.count_text("gpt-4o", "warm")
    async with serve_http(FakeProvider(strict=strict, demo=demo), "127.0.0.1", port, 0.5) as served:  # type: ignore[arg-type]
        print(f"http://127.0.0.1:{served.port}", flush=True)
        await stopping.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--strict", action="store_true", help="refuse what the real providers refuse")
    parser.add_argument("--demo", action="store_true", help="answer the questions of the documentation's examples")
    chosen = parser.parse_args()
    uvloop.run(_main(chosen.port, chosen.strict, chosen.demo))
