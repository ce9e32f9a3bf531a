"""The items of a response as they are streamed: each knows its events, and is whole once it has ended."""

from typing import Any, Protocol

import msgspec

from services.gateway.endpoints.responses.free_text import TextValue
from services.gateway.formats.blocks import Citation, Native
from services.gateway.formats.deltas import ArgumentPiece, Cite, Open, Seal, TextPiece
from services.gateway.formats.opaque import Sealer
from services.gateway.translate.fields import is_object

Event = tuple[str, dict[str, Any]]
Piece = TextPiece | ArgumentPiece | Seal | Cite


class ItemWriter(Protocol):
    """One item. `done` is it once it has ended; None: nothing of it was worth an item."""

    done: dict[str, Any] | None

    def open(self, opened: Open) -> list[Event]:
        """A block of it begins."""
        ...

    def take(self, piece: Piece) -> list[Event]:
        """More of it."""
        ...

    def end(self, *, cut: bool) -> list[Event]:
        """It is over; `cut`: before it was complete."""
        ...

    def unfinished(self) -> dict[str, Any]:
        """It as far as it is."""
        ...


class ReasoningWriter:
    """Reasoning: its summary, and what was sealed of it."""

    def __init__(self, item_id: str, sealer: Sealer | None) -> None:
        self.done: dict[str, Any] | None = None
        self._id = item_id
        self._sealer = sealer
        self._added = False
        self._native: Native | None = None
        self._sections: list[list[str]] = []
        self._section: int | None = None

    def open(self, opened: Open) -> list[Event]:
        return []

    def take(self, piece: Piece) -> list[Event]:
        if isinstance(piece, Seal):
            self._native = piece.native
            return []
        if not isinstance(piece, TextPiece) or not piece.text:
            return []
        out = self._add()
        if piece.section != self._section:
            out += self._end_section()
            self._section = piece.section
            self._sections.append([])
            out.append(("response.reasoning_summary_part.added", {**self._place(), "part": _summary("")}))
        self._sections[-1].append(piece.text)
        out.append(("response.reasoning_summary_text.delta", {**self._place(), "delta": piece.text}))
        return out

    def end(self, *, cut: bool) -> list[Event]:
        sealed = self._sealer is not None and self._native is not None
        if not self._added and not sealed:
            return []
        out = self._add() + self._end_section()
        self.done = {**self.unfinished(), "status": "incomplete" if cut else "completed"}
        return [*out, ("response.output_item.done", {"item": self.done})]

    def unfinished(self) -> dict[str, Any]:
        item: dict[str, Any] = {
            "id": self._id,
            "type": "reasoning",
            "summary": [_summary("".join(texts)) for texts in self._sections],
            "status": "in_progress",
        }
        if self._sealer is not None and self._native is not None:
            item["encrypted_content"] = self._sealer.seal(self._native)
        return item

    def _add(self) -> list[Event]:
        if self._added:
            return []
        self._added = True
        item = {"id": self._id, "type": "reasoning", "summary": [], "status": "in_progress"}
        return [("response.output_item.added", {"item": item})]

    def _end_section(self) -> list[Event]:
        if self._section is None:
            return []
        text = "".join(self._sections[-1])
        place = self._place()
        return [
            ("response.reasoning_summary_text.done", {**place, "text": text}),
            ("response.reasoning_summary_part.done", {**place, "part": _summary(text)}),
        ]

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._id, "summary_index": len(self._sections) - 1}


def _summary(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


class MessageWriter:
    """A message: texts that follow each other are one, and a refusal is a part of its own."""

    def __init__(self, item_id: str) -> None:
        self.done: dict[str, Any] | None = None
        self._id = item_id
        self._added = False
        self._parts: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self._length = 0
        self._begin = 0
        self._kind = ""

    def open(self, opened: Open) -> list[Event]:
        self._begin = self._length
        if opened.kind == self._kind:
            return []
        out = self._end_part()
        if not self._added:
            self._added = True
            item = {"id": self._id, "type": "message", "role": "assistant", "content": [], "status": "in_progress"}
            out.append(("response.output_item.added", {"item": item}))
        self._kind = opened.kind
        self._texts, self._length, self._begin = [], 0, 0
        self._parts.append(_part(opened.kind, "", []))
        out.append(("response.content_part.added", {**self._place(), "part": dict(self._parts[-1])}))
        return out

    def take(self, piece: Piece) -> list[Event]:
        if isinstance(piece, Cite):
            return self._cite(piece.citation)
        if not isinstance(piece, TextPiece) or not piece.text:
            return []
        self._texts.append(piece.text)
        self._length += len(piece.text)
        if self._kind == "refusal":
            return [("response.refusal.delta", {**self._place(), "delta": piece.text})]
        return [("response.output_text.delta", {**self._place(), "delta": piece.text, "logprobs": []})]

    def end(self, *, cut: bool) -> list[Event]:
        out = self._end_part()
        self.done = self._item("incomplete" if cut else "completed")
        return [*out, ("response.output_item.done", {"item": self.done})]

    def unfinished(self) -> dict[str, Any]:
        if self._parts:
            self._write_text()
        return self._item("in_progress")

    def _item(self, status: str) -> dict[str, Any]:
        return {"id": self._id, "type": "message", "role": "assistant", "content": self._parts, "status": status}

    def _end_part(self) -> list[Event]:
        if not self._kind:
            return []
        text = self._write_text()
        place = self._place()
        ended: Event = ("response.output_text.done", {**place, "text": text, "logprobs": []})
        if self._kind == "refusal":
            ended = ("response.refusal.done", {**place, "refusal": text})
        return [ended, ("response.content_part.done", {**place, "part": self._parts[-1]})]

    def _write_text(self) -> str:
        text = "".join(self._texts)
        self._parts[-1]["refusal" if self._kind == "refusal" else "text"] = text
        return text

    def _cite(self, citation: Citation) -> list[Event]:
        if self._kind != "text":
            return []
        annotation = {
            "type": "url_citation",
            "url": citation.url,
            "title": citation.title,
            "start_index": self._begin + citation.start if citation.start is not None else self._begin,
            "end_index": self._begin + citation.end if citation.end is not None else self._length,
        }
        listed = self._parts[-1]["annotations"]
        listed.append(annotation)
        place = {**self._place(), "annotation_index": len(listed) - 1}
        return [("response.output_text.annotation.added", {**place, "annotation": annotation})]

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._id, "content_index": len(self._parts) - 1}


def _part(kind: str, text: str, annotations: list[Any]) -> dict[str, Any]:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


class CallWriter:
    """A call of a function, of a tool of free text, or of one that only OpenAI's clients have a type for."""

    def __init__(self, item_id: str, opened: Open) -> None:
        self.done: dict[str, Any] | None = None
        self._id = item_id
        self._opened = opened
        self._pieces: list[str] = []
        self._input = TextValue()
        self._given: list[str] = []

    def open(self, opened: Open) -> list[Event]:
        if opened.call in ("function", "custom"):
            return [("response.output_item.added", {"item": self._item("in_progress", "")})]
        return []  # what it is called with has to be whole before it can be an item

    def take(self, piece: Piece) -> list[Event]:
        if not isinstance(piece, ArgumentPiece):
            return []
        self._pieces.append(piece.json)
        if self._opened.call == "function":
            return [self._delta("response.function_call_arguments.delta", piece.json)] if piece.json else []
        if self._opened.call == "custom":
            return self._more(self._input.feed(piece.json))
        return []

    def end(self, *, cut: bool) -> list[Event]:
        arguments = "".join(self._pieces)
        status = "incomplete" if cut else "completed"
        out: list[Event] = []
        match self._opened.call:
            case "function":
                fields = {"item_id": self._id, "arguments": arguments, "name": self._opened.name}
                out.append(("response.function_call_arguments.done", fields))
                self.done = self._item(status, arguments)
            case "custom":
                out += self._more(self._input.rest())
                said = "".join(self._given)
                out.append(("response.custom_tool_call_input.done", {"item_id": self._id, "input": said}))
                self.done = self._item(status, said)
            case _:
                self.done = self._typed(status, arguments)
                out.append(("response.output_item.added", {"item": {**self.done, "status": "in_progress"}}))
        return [*out, ("response.output_item.done", {"item": self.done})]

    def unfinished(self) -> dict[str, Any]:
        if self._opened.call == "custom":
            return self._item("in_progress", "".join(self._given))
        arguments = "".join(self._pieces)
        if self._opened.call == "function":
            return self._item("in_progress", arguments)
        return self._typed("in_progress", arguments)

    def _more(self, text: str) -> list[Event]:
        if not text:
            return []
        self._given.append(text)
        return [self._delta("response.custom_tool_call_input.delta", text)]

    def _delta(self, kind: str, text: str) -> Event:
        return kind, {"item_id": self._id, "delta": text}

    def _item(self, status: str, said: str) -> dict[str, Any]:
        opened = self._opened
        custom = opened.call == "custom"
        item: dict[str, Any] = {
            "id": self._id,
            "type": "custom_tool_call" if custom else "function_call",
            "call_id": opened.id,
            "name": opened.name,
            "input" if custom else "arguments": said,
            "status": status,
        }
        return {**item, "namespace": opened.namespace} if opened.namespace else item

    def _typed(self, status: str, arguments: str) -> dict[str, Any]:
        """The item of a tool that OpenAI has a type for. What is no object stands where a command would."""
        found: dict[str, Any] = {}
        if is_object(arguments.encode()):
            found = msgspec.json.decode(arguments)
        kind = self._opened.call
        item: dict[str, Any] = {"id": self._id, "type": f"{kind}_call", "call_id": self._opened.id, "status": status}
        match kind:
            case "local_shell":
                command = found.get("command")
                listed = command if isinstance(command, list) else [str(command if command is not None else arguments)]
                action = {"type": "exec", **found, "command": listed, "env": found.get("env") or {}}
                return {**item, "action": action}
            case "shell":
                commands = found.get("commands")
                listed = (
                    commands if isinstance(commands, list) else [str(commands if commands is not None else arguments)]
                )
                action = {"timeout_ms": None, "max_output_length": None, **found, "commands": listed}
                return {**item, "action": action}
            case "apply_patch":
                return {**item, "operation": found.get("operation", found)}
            case _:
                return {**item, "arguments": found, "execution": "client"}
