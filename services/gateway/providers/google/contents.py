"""Neutral turns as Gemini's contents: each turn of calls followed by as many responses, in the order of the calls."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from services.gateway.formats.blocks import Block, Call, Media, Reasoning, Result, Text, Turn
from services.gateway.formats.build import Target
from services.gateway.formats.json_fields import rejected
from services.gateway.formats.tool_names import ToolNames
from services.gateway.translate.fields import is_object
from services.gateway.translate.google_contents import NO_SIGNATURE
from services.gateway.translate.google_models import generation

_FILLER = {"text": "."}
_UNANSWERED = {"error": "no result"}
_FOLLOWS = "The result follows."
_IMAGE_TYPES = {"png": "png", "webp": "webp", "gif": "gif", "heic": "heic", "heif": "heif", "bmp": "bmp"}

Body = dict[str, Any]


def contents(system: Sequence[Text], turns: Sequence[Turn], names: ToolNames, target: Target, lost: list[str]) -> Body:
    """The request's `contents`, and its `systemInstruction` where there is one. `lost` learns of signatures that are gone."""
    out: list[Body] = []
    waiting: list[Call] = []
    for turn in turns:
        if turn.role == "assistant":
            if waiting:
                _add(out, "user", _responses(waiting, (), names, target))
            waiting = [block for block in turn.blocks if isinstance(block, Call)]
            _add(out, "model", _model_parts(turn, names, target, lost))
        else:
            results = tuple(block for block in turn.blocks if isinstance(block, Result))
            if waiting:
                _add(out, "user", _responses(waiting, results, names, target))
            known = {call.id for call in waiting}
            loose = [part for result in results if result.id not in known for part in result.parts]
            rest = [*loose, *(block for block in turn.blocks if not isinstance(block, Result))]
            _add(out, "user", [part for block in rest for part in _user_part(block)])
            waiting = []
    if waiting:
        _add(out, "user", _responses(waiting, (), names, target))
    if not out or out[0]["role"] == "model":
        out.insert(0, {"role": "user", "parts": [_FILLER]})
    instructions = [{"text": block.text} for block in system if block.text]
    if target.model.startswith("gemma"):
        out[0]["parts"][:0] = instructions  # this family takes no system instruction
        instructions = []
    return {**({"systemInstruction": {"parts": instructions}} if instructions else {}), "contents": out}


def _add(out: list[Body], role: str, parts: list[Body]) -> None:
    if not parts:
        return
    if out and out[-1]["role"] == role:
        out[-1]["parts"] += parts
    else:
        out.append({"role": role, "parts": parts})


def _model_parts(turn: Turn, names: ToolNames, target: Target, lost: list[str]) -> list[Body]:
    parts: list[Body] = []
    signature: str | None = None
    first = True
    for block in turn.blocks:
        match block:
            case Text() if block.text:
                parts.append({"text": block.text})
            case Reasoning() if block.native is not None and block.native.kind == "signature":
                signature = block.native.payload
            case Call():
                made = {"id": block.id, "name": names.sent(block.name, block.namespace), "args": block.arguments}
                part: Body = {"functionCall": made}
                own = block.native.payload if block.native is not None and block.native.kind == "signature" else None
                if found := signature or own or _recalled(block, target):
                    part["thoughtSignature"] = found
                elif first and generation(target.model) >= (3, 0):
                    part["thoughtSignature"] = NO_SIGNATURE
                    if block.id in target.recalled or _signs(block):
                        lost.append("thought_signature")
                signature, first = None, False
                parts.append(part)
            case _:
                continue
    if signature and parts:
        parts[-1]["thoughtSignature"] = signature
    return parts


def _signs(call: Call) -> bool:
    """Whether a call of Gemini's lost its signature: other models' calls never had one."""
    return bool(call.sealed)


def _recalled(call: Call, target: Target) -> str | None:
    kept = target.recalled.get(call.id)
    return kept.signature if kept is not None and kept.served_model == target.model else None


def _responses(calls: Sequence[Call], results: Sequence[Result], names: ToolNames, target: Target) -> list[Body]:
    """One response for each call, in their order. What responses cannot hold stands after all of them."""
    by_id = {result.id: result for result in results}
    inside = generation(target.model) >= (3, 0)
    out: list[Body] = []
    after: list[Body] = []
    for call in calls:
        result = by_id.get(call.id)
        response: Body = {"id": call.id, "name": names.sent(call.name, call.namespace), "response": _response(result)}
        shown = [_media(part) for part in result.parts if isinstance(part, Media)] if result is not None else []
        if shown and inside and all("inlineData" in part for part in shown):
            response["parts"] = shown
        else:
            after += shown
        out.append({"functionResponse": response})
    return [*out, *after]


def _response(result: Result | None) -> Any:
    if result is None:
        return _UNANSWERED
    said = "\n".join(block.text for block in result.parts if isinstance(block, Text))
    if result.error:
        return {"error": said}
    if said.lstrip()[:1] == "{" and is_object(said.encode()):
        return Raw(said.encode())
    return {"output": said or (_FOLLOWS if result.parts else "")}


def _user_part(block: Block) -> list[Body]:
    match block:
        case Text() if block.text:
            return [{"text": block.text}]
        case Media():
            return [_media(block)]
    return []


def _media(media: Media) -> Body:
    if media.data:
        kind = "image/jpeg" if media.media_type == "image/jpg" else media.media_type
        return {"inlineData": {"mimeType": kind, "data": media.data}}
    if media.form == "image" and media.url.startswith("https://"):
        kind = media.media_type or f"image/{_IMAGE_TYPES.get(media.url.rpartition('.')[2].lower(), 'jpeg')}"
        return {"fileData": {"mimeType": kind, "fileUri": media.url}}
    raise rejected(media.field, "is a document's address, which Gemini does not fetch: send its data instead.")
