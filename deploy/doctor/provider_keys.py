"""Checks of an organization's provider keys: a gateway calls each provider once, as the dashboard's button does."""

from typing import TYPE_CHECKING

from deploy.doctor.finding import Finding, failed, ok, skipped
from deploy.state.plan import Call
from deploy.state.settings import ControlPlaneSettings

if TYPE_CHECKING:
    from deploy.state.client import Api

_MEND = "Rotate it in the dashboard (Providers), or with `promptly apply`."


async def check_provider_keys(url: str | None, api_key: str | None) -> list[Finding]:
    """One finding a key. `api_key` is one for the control plane with the scopes `read` and `providers`."""
    if url is None or not api_key:
        return [
            skipped(
                "provider keys",
                "Provider keys were not tested: each organization's are its own.",
                "PROMPTLY_API_KEY with a key for the control plane (scopes read, providers) has them tested.",
            )
        ]
    try:
        # An operator's image has no HTTP client.
        from deploy.state.client import Api, ApiError  # noqa: PLC0415
    except ImportError:
        return [skipped("provider keys", "There is no HTTP client here to test provider keys with.")]
    try:
        async with Api(ControlPlaneSettings(url=url, api_key=api_key)) as api:
            listed = await api.get("/api/keys/providers")
            return [await _test(api, key) for key in listed["keys"]] or [
                failed("provider keys", "No provider is connected.", "Connect one in the dashboard (Providers).")
            ]
    except ApiError as error:
        return [failed("provider keys", str(error), "Correct PROMPTLY_URL or PROMPTLY_API_KEY.")]


async def _test(api: "Api", key: dict[str, str]) -> Finding:
    tested = await api.call(Call(method="POST", path=f"/api/keys/providers/{key['id']}/test"))
    says = f"{key['provider']}, {key['id']}: {tested['detail']}"
    return ok("provider keys", says) if tested["ok"] else failed("provider keys", says, _MEND)
