"""Names of tools that a provider takes, and the way back to the client's own."""

import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from services.gateway.formats.blocks import Call, CallKind, Tool

_ODD = re.compile(r"[^a-zA-Z0-9_-]")
_FITS = re.compile(r"[a-zA-Z0-9_-]+")
_HASH_BYTES = 5


class ToolName(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as the client knows it."""

    name: str
    namespace: str = ""
    kind: CallKind = "function"


class ToolNames:
    """The names of one request's tools, and of calls to tools that it no longer has. `limit` is the longest name that is taken."""

    def __init__(self, tools: Iterable[Tool], calls: Iterable[Call], *, limit: int) -> None:
        self._limit = limit
        self._sent: dict[tuple[str, str], str] = {}
        self._client: dict[str, ToolName] = {}
        for tool in tools:
            if tool.kind != "hosted":
                self._add(tool.namespace, tool.name, tool.kind)
        for call in calls:
            self._add(call.namespace, call.name, call.kind)

    def sent(self, name: str, namespace: str = "") -> str:
        """The name that goes out."""
        return self._sent.get((namespace, name)) or name

    @property
    def back(self) -> Mapping[str, ToolName]:
        """The client's tools, by the names that went out, where the two differ in anything."""
        return {
            sent: tool
            for sent, tool in self._client.items()
            if sent != tool.name or tool.namespace or tool.kind != "function"
        }

    def _add(self, namespace: str, name: str, kind: CallKind) -> None:
        if (namespace, name) in self._sent:
            return
        whole = f"{namespace}__{name}" if namespace else name
        sent = self._fit(whole)
        if sent in self._client:
            sent = self._hashed(f"{whole}\n{namespace}")
        self._sent[namespace, name] = sent
        self._client[sent] = ToolName(name=name, namespace=namespace, kind=kind)

    def _fit(self, name: str) -> str:
        return name if len(name) <= self._limit and _FITS.fullmatch(name) else self._hashed(name)

    def _hashed(self, name: str) -> str:
        digest = hashlib.blake2b(name.encode(), digest_size=_HASH_BYTES).hexdigest()
        begin = _ODD.sub("_", name)[: self._limit - len(digest) - 1]
        return f"{begin}_{digest}"
