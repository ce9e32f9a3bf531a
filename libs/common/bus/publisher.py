"""Publishes durable events. nats-py's own way asks anew for a name, a timer and a task's attention for each of them; here all share
one inbox, and whoever waits has a deadline already.
"""

import asyncio

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError, NoStreamResponseError

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import DeadlineExceeded, NotConnected, PayloadTooLarge
from libs.common.ids import uuid7

_NOBODY = "503"  # the status of an answer that says that no stream takes the subject


class AsOurs:
    """Around calls of JetStream: what they raise, as what it means to whoever stores something."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, MaxPayloadError):
            raise PayloadTooLarge("It is larger than the bus takes.") from None
        if isinstance(error, NatsTimeoutError | TimeoutError):
            raise DeadlineExceeded("It was not acknowledged in time.") from None
        if isinstance(error, NatsError | APIError | NoStreamResponseError | OutboundBufferLimitError | OSError):
            raise NotConnected("It could not be stored.") from None


AS_OURS = AsOurs()


class Publisher:
    """Of one connection; `inbox` is where its user may be answered."""

    def __init__(self, client: Client, inbox: str) -> None:
        self._client = client
        self._prefix = f"{inbox}.{uuid7().hex}."
        self._number = 0
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._started = False

    async def start(self) -> None:
        """Listen for acknowledgements. The client repeats it by itself after a reconnect."""
        if not self._started:
            self._started = True
            await self._client.subscribe(f"{self._prefix}*", cb=self._answered)

    async def publish(self, subject: str, data: bytes, headers: dict[str, str]) -> None:
        """Returns once the server has it; raises what it says instead. Within a deadline of the caller's: there is none here."""
        self._number += 1
        name = str(self._number)
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            await self._client.publish(subject, data, reply=self._prefix + name, headers=headers)
            await answer
        finally:
            del self._waiting[name]

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject[len(self._prefix) :])
        if answer is None or answer.done():  # it came too late
            return
        if message.headers is not None and message.headers.get("Status") == _NOBODY:
            answer.set_exception(NoStreamResponseError())
        elif (error := _error(message.data)) is not None:
            answer.set_exception(error)
        else:
            answer.set_result(None)


def _error(data: bytes) -> APIError | None:
    """The error in an acknowledgement; also where it is none that can be read."""
    if b'"error"' not in data and b'"seq"' in data:
        return None
    try:
        said = msgspec.json.decode(data)["error"]
        return APIError(code=said["code"], err_code=said.get("err_code"), description=said.get("description"))
    except (*DECODE_ERRORS, KeyError, TypeError, AttributeError):
        return APIError(description="an acknowledgement that cannot be read")
