"""WorkItem that is done in another process: how it goes there and how it comes back."""

import msgspec

from libs.common.contracts.optimizer import OptimizeRequest, TextRequest
from libs.common.errors import ErrorMessage, PromptlyError, as_message
from services.optimizer.pipeline import Optimizer


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two questions that the service is asked."""

    request: OptimizeRequest | None = None
    text: TextRequest | None = None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The reply as JSON, or the error that was raised."""

    reply: msgspec.Raw = msgspec.Raw(b"null")
    error: ErrorMessage | None = None


_work, _made = msgspec.json.Decoder(WorkItem), msgspec.json.Encoder()


def answer(optimizer: Optimizer, work: bytes) -> bytes:
    """Do one piece of work."""
    asked = _work.decode(work)
    try:
        if asked.request is not None:
            reply = _made.encode(optimizer.answer(asked.request))
        else:
            assert asked.text is not None
            reply = _made.encode(optimizer.shorten(asked.text))
    except PromptlyError as error:
        return _made.encode(Made(error=as_message(error)))
    return _made.encode(Made(reply=msgspec.Raw(reply)))
