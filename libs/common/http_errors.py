"""What the web servers of two services say and log about errors in the same way."""

import math

import structlog

from libs.common.errors import PromptlyError

log = structlog.get_logger()


def retry_headers(error: PromptlyError) -> dict[str, str]:
    """What a client should know before it tries again: how long to wait, and whether it would pay twice.

    `retry-after` is in whole seconds and at least 1; `retry-after-ms` is there where the wait is known more exactly.
    """
    found = {}
    if (wait := error.details.retry_after) is not None:
        found["retry-after"] = str(max(1, math.ceil(wait)))
        if wait != int(wait):
            found["retry-after-ms"] = str(math.ceil(wait * 1000))
    elif error.status == 503:
        found["retry-after"] = "1"
    if error.details.should_retry is False:
        found["x-should-retry"] = "false"
    return found


def log_unexpected(error: Exception) -> None:
    """Log a fault of ours. Its text may quote what the caller sent, so only its type and place are written down."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "unknown" if frame is None else f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
    log.error("request_failed", error_type=type(error).__name__, where=where)
