"""Files that are uploaded in parts."""

from collections.abc import Callable, Mapping
from typing import Any

_MADE_AT = 1_790_000_000


class Uploads:
    """What was begun, and its parts. `keep` takes name, content and purpose of a finished file and gives the file."""

    def __init__(self, keep: Callable[[str, bytes, str], dict[str, Any]]) -> None:
        self._keep = keep
        self._begun: dict[str, dict[str, Any]] = {}
        self._parts: dict[str, bytes] = {}

    def begin(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The upload that is made for a request."""
        named = {name: body.get(name) for name in ("bytes", "filename", "purpose")}
        made = {"id": f"upload_fake{len(self._begun):08d}", "object": "upload", **named, "status": "pending"}
        made |= {"created_at": _MADE_AT, "expires_at": _MADE_AT + 3600, "file": None}
        self._begun[str(made["id"])] = made
        return made

    def go_on(self, identifier: str, what: str, body: Mapping[str, Any], part: bytes) -> dict[str, Any] | None:
        """The answer to `parts`, `complete` or `cancel`; None for an upload that was not begun. Parts that are not known are empty."""
        if (upload := self._begun.get(identifier)) is None:
            return None
        if what == "parts":
            made = {"id": f"part_fake{len(self._parts):08d}", "object": "upload.part", "upload_id": identifier}
            self._parts[str(made["id"])] = part
            return {**made, "created_at": _MADE_AT}
        if what == "complete":
            content = b"".join(self._parts.get(one, b"") for one in body.get("part_ids", ()))
            upload |= {"status": "completed", "file": self._keep(upload["filename"], content, upload["purpose"])}
        else:
            upload["status"] = "cancelled"
        return upload
