"""Where Promptly may be sent: the public internet over https, and what the operator lists."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.net_guard import address_allowed, forbidden_reason, listed


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://api.openai.com:8443",
        "https://8.8.8.8/v1",
        "https://[2606:4700::1111]/v1",
        "https://my_host.example.com/v1",
    ],
)
def test_public_https_is_fine(url: str) -> None:
    assert forbidden_reason(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://api.openai.com/v1",
        "ftp://api.openai.com",
        "file:///etc/passwd",
        "https://",
        "",
        "api.openai.com",
        "https://user:secret@api.openai.com",
        "https://user@api.openai.com",
        "https://api.openai.com:22/",
        "https://api.openai.com:99999/",
        "https://api.openai.com/?q=1",
        "https://api.openai.com/#f",
        "https://localhost/",
        "https://foo.localhost/",
        "https://metadata.google.internal/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com\r\nHost: x/",
        "https://ex%61mple.com/",
        "https://-example-.com/",
        "https://exämple.com/",
    ],
)
def test_everything_else_is_refused_with_a_sentence(url: str) -> None:
    reason = forbidden_reason(url)
    assert reason is not None
    assert reason.endswith(".")


def test_a_listed_host_may_be_plain_and_private() -> None:
    allowed = ["127.0.0.1:9000", "ollama", "[::1]:8080"]
    assert forbidden_reason("http://127.0.0.1:9000/v1", allowed) is None
    assert forbidden_reason("http://OLLAMA:11434/v1", allowed) is None
    assert forbidden_reason("http://[::1]:8080/v1", allowed) is None
    assert forbidden_reason("http://127.0.0.1:9001/v1", allowed) is not None
    assert forbidden_reason("http://user@ollama:11434/v1", allowed) is not None
    assert forbidden_reason("file://ollama/etc/passwd", allowed) is not None


def test_a_listed_port_is_the_schemes_own_where_none_is_given() -> None:
    assert listed("http://host/", ["host:80"])
    assert not listed("https://host/", ["host:80"])
    assert not listed("https://other/", ["host"])


@given(st.ip_addresses(v=4).filter(lambda ip: not ip.is_global))
def test_no_wrapping_of_an_inward_address_passes(ip: ipaddress.IPv4Address) -> None:
    number = int(ip)
    wrapped = [str(ip), f"::ffff:{ip}", f"::{ip}"]
    wrapped += [
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | number << 80)),
    ]
    assert not any(address_allowed(address) for address in wrapped)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert not listed(text, ["ollama"]) or "ollama" in text.lower()
    assert not address_allowed("x" + text)
    forbidden_reason("https://" + text)
