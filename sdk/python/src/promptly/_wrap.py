"""An existing client, pointed at Promptly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

from promptly import _environment
from promptly._errors import MissingKeyError

if TYPE_CHECKING:
    import httpx2

Client = TypeVar("Client", bound=OpenAI | AsyncOpenAI)

_OURS = ("sk-promptly-", "sk_live_")


def wrap(client: Client, *, api_key: str | None = None, base_url: str | httpx2.URL | None = None) -> Client:
    """A copy of an OpenAI client, of the same type and with the same settings, that asks Promptly.

    The key is `api_key`, or the client's own where it is a Promptly key, or `PROMPTLY_API_KEY`. A provider's key
    never goes to Promptly: where there is no other, this raises.
    """
    if isinstance(client, AzureOpenAI | AsyncAzureOpenAI):
        raise TypeError("A client for Azure writes addresses of its own; use Promptly or AsyncPromptly instead.")
    key = api_key or (None if _keeps_its_key(client) else _environment.key())
    if key is None and not _keeps_its_key(client):
        raise MissingKeyError(
            "The client's key is not a Promptly key, and is not sent to Promptly: pass api_key=… or set PROMPTLY_API_KEY."
        )
    # A header would win over the key, and hold a provider's.
    own: Mapping[str, str] = client._custom_headers  # noqa: SLF001  # the public ones are mixed with the client's own
    headers = {name: value for name, value in own.items() if name.lower() != "authorization"}
    address = base_url or _environment.base_url()
    return cast("Client", client.copy(api_key=key, base_url=address, set_default_headers=headers))


def _keeps_its_key(client: OpenAI | AsyncOpenAI) -> bool:
    # A key that a function will name is empty until then; whoever wrote the function knows whom it is for.
    return not client.api_key or client.api_key.startswith(_OURS)
