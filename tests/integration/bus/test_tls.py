"""NATS behind TLS: the authority is the machine's, or the one that SSL_CERT_FILE names."""

import asyncio
import datetime as dt
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from libs.common.bus.nats import NatsBus
from tests.fixtures.nats import NatsServer, until
from tests.integration.bus.bus_suite import ECHO, Answer, Ask


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / "public.pem", directory / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


async def test_a_server_with_a_certificate_is_used_where_its_authority_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = certificate(tmp_path)
    server = NatsServer(tmp_path)
    server.settings = f'tls {{ cert_file: "{public}", key_file: "{private}" }}\n'
    server.start()
    url = server.url.replace("nats://", "tls://")
    try:
        stranger = NatsBus(url, "test")
        await stranger.start(wait_seconds=0.5)
        assert not stranger.connected, "nobody it knows signed the certificate"
        await stranger.drain(0)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        bus = NatsBus(url, "test")

        async def echo(ask: Ask) -> Answer:
            return Answer(text=ask.text)

        await bus.start()
        await bus.serve(ECHO, echo)
        await until(lambda: bus.connected)
        assert (await bus.call(ECHO, Ask(text="x"))).text == "x"
        await bus.drain(2)
    finally:
        await asyncio.to_thread(server.stop)
