"""The part of Stripe that takes money for credits, on a free port of this machine."""

import html
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import stripe

SECRET_KEY, WEBHOOK_SECRET = "sk_test_played", "whsec_played"


class FakeStripe:
    """`sessions` are what was opened, by id; `refusing` answers every call with Stripe's error of a bad key. Its page is at
    `page`, where it is not another's.
    """

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refusing = False
        self.url = ""
        self.page = "https://checkout.stripe.test"

    def open_session(self, form: dict[str, str]) -> dict[str, Any]:
        """A session as Stripe answers it, out of the form that the library sends."""
        session_id = f"cs_test_{uuid.uuid4().hex}"
        session = {
            "id": session_id,
            "object": "checkout.session",
            "url": f"{self.page}/c/pay/{session_id}",
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"],
            "customer_email": form["customer_email"],
            "client_reference_id": form["client_reference_id"],
            "metadata": {"org_id": form["metadata[org_id]"]},
            "mode": form["mode"],
            "payment_status": "unpaid",
            "success_url": form["success_url"],
            "cancel_url": form["cancel_url"],
        }
        self.sessions[session_id] = session
        return session

    def event(self, session_id: str, kind: str = "checkout.session.completed", **changes: Any) -> tuple[bytes, str]:
        """An event about a session, by default that it was paid; its body and its signature."""
        told = {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "api_version": stripe.api_version,
            "type": kind,
            "data": {"object": {**self.sessions[session_id], "payment_status": "paid", **changes}},
        }
        body = json.dumps(told)
        return body.encode(), sign(body)


def sign(body: str, secret: str = WEBHOOK_SECRET) -> str:
    """Stripe's signature of a body, made now."""
    signed: str = stripe.WebhookSignature.generate_signature_header(body, secret)
    return signed


@contextmanager
def fake_stripe() -> Iterator[FakeStripe]:
    """Stripe, for as long as the block runs."""
    played = FakeStripe()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            known = self.headers["authorization"] == f"Bearer {SECRET_KEY}" and not played.refusing
            if not known:
                self.answer(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})
            elif self.path == "/v1/checkout/sessions":
                self.answer(200, played.open_session({name: values[0] for name, values in form.items()}))
            else:
                self.answer(404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}})

        def do_GET(self) -> None:
            session = played.sessions.get(self.path.rpartition("/")[2])
            if session is None:
                self.answer(404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}})
                return
            back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
            links = "".join(
                f'<p><a href="{html.escape(url)}">{name}</a></p>'
                for name, url in (("Pay", back), ("Back", session["cancel_url"]))
            )
            page = f"<!doctype html><link rel=icon href=data:,><title>Checkout</title>{links}"
            self.send(200, "text/html; charset=utf-8", page.encode())

        def answer(self, status: int, body: dict[str, Any]) -> None:
            self.send(status, "application/json", json.dumps(body).encode())

        def send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        played.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield played
        finally:
            server.shutdown()
            thread.join()
