"""The demo's organization: made once, and found again at the next start."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from deploy.local.child import StartFailed
from deploy.local.ports import claim, free_port
from libs.common.ids import uuid7

_FILE = "demo.json"


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to sign in as, the organization's key, and the provider key that leads to the demo's upstream."""

    email: str
    password: str
    api_key: str
    provider_key_id: str
    upstream_port: int


def usual_port(home: Path) -> int:
    """The port that the upstream had before, if it is free; else another."""
    known = _read(home)
    return known.upstream_port if known is not None and claim(known.upstream_port) else free_port()


async def the_account(api: httpx.AsyncClient, upstream_url: str, home: Path) -> DemoAccount:
    """The organization of an earlier start, with its provider key led to where the upstream is now; or a new one."""
    port = int(upstream_url.rpartition(":")[2])
    known = _read(home)
    if known is not None and await _found_again(api, known, upstream_url, port):
        known = msgspec.structs.replace(known, upstream_port=port)
    else:
        known = await _made(api, upstream_url, port)
    _write(home, known)
    return known


async def register(api: httpx.AsyncClient, upstream_url: str, email: str, password: str) -> Mapping[str, Any]:
    """Register an organization and connect the provider, over HTTP as anybody would. What registering answered, and the
    provider key's id as `provider_key_id`.
    """
    person = {"org_name": "Demo", "email": email, "password": password, "account_type": "team"}
    made = await _post(api, "/api/auth/register", person)
    headers = {"authorization": f"Bearer {made['token']}"}
    key = {"provider": "openai", "api_key": "sk-demo-upstream-0001", "base_url": f"{upstream_url}/v1"}
    return {**made, "provider_key_id": (await _post(api, "/api/keys/providers", key, headers))["id"]}


async def _found_again(api: httpx.AsyncClient, known: DemoAccount, upstream_url: str, port: int) -> bool:
    answer = await api.post("/api/auth/login", json={"email": known.email, "password": known.password})
    if answer.is_error:
        return False
    headers = {"authorization": f"Bearer {answer.json()['token']}"}
    if port != known.upstream_port:
        change = {"base_url": f"{upstream_url}/v1"}
        moved = await api.put(f"/api/keys/providers/{known.provider_key_id}", json=change, headers=headers)
        if moved.is_error:
            return False
    models = await api.get("/v1/models", headers={"authorization": f"Bearer {known.api_key}"})
    return not models.is_error


async def _made(api: httpx.AsyncClient, upstream_url: str, port: int) -> DemoAccount:
    email, password = "demo@example.com", secrets.token_urlsafe(12)
    try:
        made = await register(api, upstream_url, email, password)
    except StartFailed:  # somebody has that address here, or the organization's key was taken away
        email = f"demo-{uuid7().hex[:12]}@example.com"
        made = await register(api, upstream_url, email, password)
    return DemoAccount(
        email=email,
        password=password,
        api_key=made["api_key"],
        provider_key_id=made["provider_key_id"],
        upstream_port=port,
    )


async def _post(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    answer = await api.post(path, json=body, headers=dict(headers or {}))
    if answer.is_error:
        raise StartFailed(f"POST {path} answered {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def _read(home: Path) -> DemoAccount | None:
    try:
        return msgspec.json.decode((home / _FILE).read_bytes(), type=DemoAccount)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(home: Path, account: DemoAccount) -> None:
    new = home / f"{_FILE}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(account)) + b"\n")
    new.replace(home / _FILE)
