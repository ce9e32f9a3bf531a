"""The control plane's API, as the `promptly` command uses it."""

from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from deploy.state.plan import Call
from deploy.state.settings import ControlPlaneSettings
from libs.common import keys

_SECONDS: Final = 30.0


class ApiError(Exception):
    """The API did not do what it was asked; the message is a sentence."""


class Api:
    """One connection to a Promptly, used as an `async with` block."""

    def __init__(self, settings: ControlPlaneSettings) -> None:
        self._url = settings.url.rstrip("/")
        if keys.well_formed(settings.api_key):
            raise ApiError(
                "PROMPTLY_API_KEY holds a key for models, which no one may configure with. Make one for the control plane:"
                " POST /api/keys/control."
            )
        headers = {"authorization": f"Bearer {settings.api_key}", "content-type": "application/json"}
        try:
            self._http = httpx.AsyncClient(base_url=self._url, headers=headers, timeout=_SECONDS)
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError):
            raise ApiError("PROMPTLY_URL or PROMPTLY_API_KEY cannot be used: it is no address, or no key.") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> Any:
        """What is at a path."""
        return await self.call(Call(method="GET", path=path))

    async def call(self, call: Call) -> Any:
        """Do it; the answer, None where there is none. `ApiError` says what went wrong."""
        content = None if call.body is None else msgspec.json.encode(call.body)
        try:
            answer = await self._http.request(call.method, call.path, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ApiError(
                f"Promptly at {self._url} cannot be reached ({type(error).__name__}). PROMPTLY_URL names it."
            ) from None
        if answer.is_error or answer.is_redirect:
            raise ApiError(_sentence(answer))
        try:
            return msgspec.json.decode(answer.content) if answer.content else None
        except msgspec.DecodeError:
            raise ApiError(f"What answers at {self._url} is no Promptly: its answer is no JSON.") from None


def _sentence(answer: httpx.Response) -> str:
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any]).get("detail")
    except msgspec.DecodeError:
        said = None
    return said if isinstance(said, str) else f"Promptly answered {answer.status_code}."
