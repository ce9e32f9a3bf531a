"""The request log, sent to a receiver: every row once, signed, again after a failure under the same name."""

import gzip
import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.events import CompletionFinished
from libs.common.errors import Unavailable
from libs.common.settings import SettingsError
from services.analytics.app import create_app
from services.analytics.clients.export_webhook import ExportWebhook
from services.analytics.exports import Exports
from services.analytics.settings import AnalyticsSettings
from tests.fakes.analytics_store import MemoryUnitOfWork
from tests.unit.analytics.examples import HOUR, NOW, request

SECRET = "a-secret-of-sixteen"


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets; `statuses` are those of the next answers, then every one is a 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/logs?source=promptly"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        return None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def exports(receiver: Receiver, clock: ManualClock, *events: CompletionFinished) -> Exports:
    log = MemoryUnitOfWork()
    async with log() as tx:
        await tx.log.append(events, clock.now(), ())
    clock.advance(2 * HOUR.total_seconds())
    return Exports(log, clock, ExportWebhook(receiver.url, SECRET, clock), "", part_rows=2)


async def test_each_row_is_sent_once_in_signed_parts_with_names(receiver: Receiver) -> None:
    clock, events = ManualClock(NOW), [request() for _ in range(5)]
    await (await exports(receiver, clock, *events)).run()
    names = [headers["x-promptly-object"] for _, headers, _ in receiver.got]
    assert names == [f"date={NOW:%Y-%m-%d}/hour={NOW:%H}/part-{part:04d}.jsonl.gz" for part in range(3)]
    ids = []
    for path, headers, body in receiver.got:
        assert path == "/logs?source=promptly"
        assert (headers["content-encoding"], headers["content-type"]) == ("gzip", "application/x-ndjson")
        time, signed = (part.partition("=")[2] for part in headers["x-promptly-signature"].split(","))
        assert signed == hmac.new(SECRET.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
        ids += [msgspec.json.decode(line, type=CompletionFinished).id for line in gzip.decompress(body).splitlines()]
    assert sorted(ids) == sorted(event.id for event in events)


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_what_is_not_taken_is_sent_again_under_its_name_and_no_redirect_is_followed(
    receiver: Receiver, status: int
) -> None:
    clock = ManualClock(NOW)
    sending = await exports(receiver, clock, *[request() for _ in range(3)])
    receiver.statuses = [204, status]
    with pytest.raises(Unavailable, match=f"answered {status}"):
        await sending.run()
    await sending.run()
    names = [headers["x-promptly-object"].rpartition("/")[2] for _, headers, _ in receiver.got]
    assert names == [f"part-000{part}.jsonl.gz" for part in (0, 1, 0, 1)]
    assert receiver.got[0][2] == receiver.got[2][2]


async def test_a_receiver_that_is_away_is_said_without_its_address() -> None:
    store = ExportWebhook("http://127.0.0.1:1/logs?token=hidden", SECRET, ManualClock(NOW))
    with pytest.raises(Unavailable) as refused:
        await store.put("part", b"x")
    assert "cannot be reached" in refused.value.message
    assert "hidden" not in refused.value.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"export_webhook_url": "https://l.example.com"}, "PROMPTLY_EXPORT_WEBHOOK_SECRET"),
        ({"export_webhook_url": "https://l.example.com", "export_webhook_secret": "short"}, "at least 16"),
        ({"export_webhook_url": "l.example.com", "export_webhook_secret": SECRET}, "cannot be used"),
        ({"export_webhook_url": "https://u:p@l.example.com", "export_webhook_secret": SECRET}, "without a user"),
        (
            {"export_webhook_url": "https://l.example.com", "export_webhook_secret": SECRET, "export_s3_bucket": "b"},
            "one place",
        ),
    ],
)
async def test_what_cannot_be_exported_to_is_named_at_start(changes: dict[str, str], words: str) -> None:
    settings = AnalyticsSettings(database_url="postgresql://nobody@127.0.0.1:1/none", **changes)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=words) as refused:
        async with create_app(settings, MemoryBus()):
            pytest.fail("started")
    assert not any(value in str(refused.value) for name, value in changes.items() if name != "export_s3_bucket")
