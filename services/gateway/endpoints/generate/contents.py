"""Gemini's contents as neutral turns: parts of text and media, calls with their ids, and responses with their calls."""

import msgspec
from msgspec import Raw

from services.gateway.endpoints.generate.fields import camel_object
from services.gateway.formats.blocks import (
    MADE_UP_ID,
    Block,
    Call,
    Form,
    Hosted,
    Media,
    Reasoning,
    Result,
    Role,
    Text,
    Turn,
    Unknown,
)
from services.gateway.formats.json_fields import (
    Object,
    as_list,
    as_string,
    as_value,
    bare,
    encode,
    flag,
    given,
    list_of,
    required,
    string,
)
from services.gateway.formats.opaque import from_base64
from services.gateway.translate.anthropic_content import unusable
from services.gateway.translate.fields import compact

_ROLES: dict[str | None, Role] = {"user": "user", "model": "assistant", "function": "user", None: "user"}
_HOSTED = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
_SAID = ("output", "result")


class Conversation:
    """Reads contents in order. A call without an id gets one; a response belongs to the call of its id, or to the first open one of
    its name.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._open: dict[str, str] = {}
        self._by_name: dict[str, dict[str, None]] = {}
        self._made = 0

    def read(self, contents: Raw) -> None:
        """Take in the request's contents: a list, one content, or a plain text."""
        if bare(contents):
            said = as_string(contents, "contents")
            self.turns.append(Turn(role="user", blocks=(Text(text=said, raw=contents, field="contents"),), bare=True))
            return
        if bytes(contents).lstrip()[:1] == b"{":
            self._content(contents, "contents")
            return
        for at, raw in enumerate(as_list(contents, "contents")):
            self._content(raw, f"contents[{at}]")

    def _content(self, raw: Raw, field: str) -> None:
        content = camel_object(raw, field)
        named = string(content, "role", field)
        if named not in _ROLES:
            raise unusable(f"{field}.role", "must be user or model.")
        parts = list_of(content, "parts", field)
        blocks = tuple(self._part(part, f"{field}.parts[{at}]") for at, part in enumerate(parts))
        rest = {name: value for name, value in content.items() if name != "parts"}
        self.turns.append(Turn(role=_ROLES[named], blocks=blocks, rest=rest, field=field))

    def _part(self, raw: Raw, field: str) -> Block:
        part = camel_object(raw, field)
        if given(part, "functionCall"):
            return self._call(part, raw, field)
        if given(part, "functionResponse"):
            return self._result(part, raw, field)
        if given(part, "text"):
            said = required(string(part, "text", field), f"{field}.text")
            if flag(part, "thought", field):
                return Reasoning(text=said, sealed=_sealed(part, field), raw=raw)
            # A text stands without the signature that we sealed on it.
            unsigned = Raw(msgspec.json.encode(_unsigned(part))) if _sealed(part, field) else raw
            return Text(text=said, raw=unsigned, field="" if "thoughtSignature" in part else f"{field}.text")
        for kind in ("inlineData", "fileData"):
            if given(part, kind):
                return _media(kind, camel_object(part[kind], f"{field}.{kind}"), raw, field)
        for kind in _HOSTED:
            if given(part, kind):
                return Hosted(type=kind, digest=_digest(as_value(part[kind], field)), raw=raw)
        if flag(part, "thought", field) or "thoughtSignature" in part:
            return Reasoning(sealed=_sealed(part, field), raw=raw)
        return Unknown(type=next(iter(part), "empty"), field=field, raw=raw)

    def _call(self, part: Object, raw: Raw, field: str) -> Block:
        where = f"{field}.functionCall"
        call = camel_object(part["functionCall"], where)
        name = required(string(call, "name", where), f"{where}.name")
        identity = string(call, "id", where) or f"{MADE_UP_ID}{len(self.turns)}_{self._made}"
        self._made += 1
        self._open[identity] = name
        self._by_name.setdefault(name, {})[identity] = None
        arguments = call["args"] if given(call, "args") else encode({})
        return Call(id=identity, name=name, arguments=arguments, sealed=_sealed(part, field), raw=raw)

    def _result(self, part: Object, raw: Raw, field: str) -> Block:
        where = f"{field}.functionResponse"
        response = camel_object(part["functionResponse"], where)
        name = string(response, "name", where) or ""
        identity = string(response, "id", where)
        waiting = self._by_name.get(name, {})
        found = identity if identity in self._open else next(iter(waiting), None)
        if found is not None:
            del self._by_name[self._open.pop(found)][found]
            identity = found
        elif identity is None:
            identity = f"{MADE_UP_ID}{len(self.turns)}_{self._made}"
            self._made += 1
        said, failed, place = _response(response, where)
        media = [self._part(one, f"{where}.parts[{at}]") for at, one in enumerate(list_of(response, "parts", where))]
        parts: tuple[Block, ...] = ((Text(text=said, field=place),) if said else ()) + tuple(media)
        return Result(id=identity, name=name, parts=parts, error=failed, raw=raw)


def _sealed(part: Object, field: str) -> str:
    """The sealed reasoning in a part's signature: Google's SDKs take only base64 there."""
    return from_base64(string(part, "thoughtSignature", field) or "")


def _unsigned(part: Object) -> dict[str, Raw]:
    return {name: value for name, value in part.items() if name != "thoughtSignature"}


def _response(response: Object, where: str) -> tuple[str, bool, str]:
    """The text of a response, whether it is that of a failure, and the field that is the text: a lone `output` or `result`."""
    if not given(response, "response"):
        return "", False, ""
    body = camel_object(response["response"], f"{where}.response")
    if given(body, "error"):
        error = body["error"]
        return (as_string(error, where) if bare(error) else compact(error)), True, ""
    for name in _SAID:
        if set(body) == {name} and bare(body[name]):
            return as_string(body[name], where), False, f"{where}.response.{name}"
    return bytes(response["response"]).decode(), False, ""


def _media(kind: str, found: Object, raw: Raw, field: str) -> Block:
    media_type = string(found, "mimeType", field) or ""
    url = string(found, "fileUri", field) or ""
    form: Form = "document"
    for prefix, name in (("image/", "image"), ("audio/", "audio"), ("video/", "video")):
        if media_type.startswith(prefix):
            form = name  # type: ignore[assignment]
    stored = kind == "fileData" and not url.startswith("https://")
    return Media(
        form=form,
        media_type=media_type,
        data=string(found, "data", field) or "",
        url="" if stored else url,
        file_id=url if stored else "",
        name=string(found, "displayName", field) or "",
        field=field,
        raw=raw,
    )


def _digest(value: object) -> str:
    """What was run, or what came of it, in words."""
    if isinstance(value, dict):
        said = [value.get(name) for name in ("code", "output")]
        return "\n".join(text for text in said if isinstance(text, str))
    return ""
