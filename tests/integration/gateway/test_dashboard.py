"""The dashboard's files at `/`: what is served, with which headers, and that nothing else is."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.gateway import Stack, gateway_stack

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = b"console.log('hello');\n" * 50


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with a built dashboard, beside a file that nobody may read."""
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><div id=root></div>")
    (built / "assets" / "index-B1a2.js").write_bytes(SCRIPT)
    (tmp_path / "secret.txt").write_text("nobody's business")
    (built / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with gateway_stack(tmp_path, dashboard_dir=str(built)) as stack, httpx.AsyncClient(base_url=stack.url) as web:
        yield web


async def test_the_page_comes_with_a_strict_policy(web: httpx.AsyncClient) -> None:
    for path in ("/", "/requests", "/auth/invite"):
        answer = await web.get(path, headers=PAGE)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "id=root" in answer.text
        policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
        assert policy["default-src"] == ["'none'"]
        assert policy["script-src"] == policy["connect-src"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_good_and_go_out_packed(web: httpx.AsyncClient) -> None:
    answer = await web.get("/assets/index-B1a2.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "accept-encoding, accept")
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT, mtime=0))
    plain = await web.get("/assets/index-B1a2.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == SCRIPT
    head = await web.head("/assets/index-B1a2.js")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//secret.txt",
        "/assets/link.txt",
        "/assets/gone-C3d4.js",
    ],
)
async def test_no_address_leads_elsewhere(web: httpx.AsyncClient, path: str) -> None:
    raw = httpx.URL(str(web.base_url)).copy_with(raw_path=path.encode())
    for headers in (PAGE, {}):
        answer = await web.get(raw, headers=headers)
        assert answer.status_code == 404
        assert "nobody's business" not in answer.text


async def test_the_api_keeps_its_addresses(web: httpx.AsyncClient) -> None:
    assert (await web.get("/v1/models", headers=PAGE)).status_code == 401
    for path in ("/v1/nothing", "/docs/nothing"):
        answer = await web.get(path, headers=PAGE)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
    assert (await web.get("/nothing")).status_code == 404  # no browser that navigates
    assert (await web.post("/requests", headers=PAGE)).status_code == 404
    assert "swagger" not in (await web.get("/docs", headers=PAGE)).text.lower()
    assert (await web.get("/healthz", headers=PAGE)).status_code == 200


async def test_without_a_build_the_page_says_how_to_get_it(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as web:
        answer = await web.get("/", headers=PAGE)
        assert answer.status_code == 200
        assert "make dashboard" in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (await web.get("/assets/index-B1a2.js")).status_code == 404
