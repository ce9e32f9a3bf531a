"""What providers serve beside answers: counts, embeddings, stored responses, files, batches, images and sound."""

import base64
import hashlib
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, NamedTuple

from tests.fake_provider import meter, wire_anthropic, wire_google, wire_openai, wire_responses
from tests.fake_provider.batches import Batches, after
from tests.fake_provider.formats import Format
from tests.fake_provider.script import Step
from tests.fake_provider.uploads import Uploads

DIMENSIONS = {"text-embedding-3-large": 3072, "gemini-embedding-001": 3072, "gemini-embedding-2": 3072}
_GOOGLE = re.compile(r"/v1(?:beta)?/models/([^/:]+):(countTokens|embedContent|batchEmbedContents)")
_STORED = re.compile(r"/v1/responses/(resp_[^/]+)(/input_items|/cancel)?")
_FILE = re.compile(r"/v1/files/([^/]+)(/content)?")
_BATCH = re.compile(r"/v1/batches/([^/]+)(/cancel)?")
_UPLOAD = re.compile(r"/v1/uploads/([^/]+)/(parts|complete|cancel)")
_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *("self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"),
)


class Reply(NamedTuple):
    """A whole answer, the model it was for, and what it used."""

    status: int
    body: bytes
    model: str = ""
    tokens: int = 0
    kind: str = "application/json"


class SideRoutes:
    """Everything that is kept between two requests: responses, files and batches."""

    def __init__(self, next_step: Callable[[str], Step], ledger: list[dict[str, Any]]) -> None:
        self.responses: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        self.files: dict[str, tuple[dict[str, Any], bytes]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.uploads = Uploads(lambda *file: self.files[self._kept(*file)][0])
        self._made = 0
        self.run = Batches(
            next_step, ledger, self.files, lambda name, content: self._kept(name, content, "batch_output")
        )

    def format_of(self, path: str) -> Format | None:
        """Whose keys and errors a path has; None where nothing is served there."""
        if _GOOGLE.fullmatch(path):
            return wire_google  # type: ignore[return-value]  # a module
        if path == "/v1/messages/count_tokens" or path.split("/")[1:4] == ["v1", "messages", "batches"]:
            return wire_anthropic  # type: ignore[return-value]
        mine = (
            "/v1/embeddings",
            "/v1/moderations",
            "/v1/responses/",
            "/v1/files",
            "/v1/uploads",
            "/v1/batches",
            "/v1/images/",
            "/v1/audio/",
        )
        return wire_openai if path.startswith(mine) else None  # type: ignore[return-value]

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str], raw: bytes, step: Step) -> Reply:
        """The answer of one of these routes."""
        if found := _GOOGLE.fullmatch(path):
            return self._google(found[1], found[2], _json(raw), step)
        if path.startswith("/v1/messages/batches"):
            return Reply(*self.run.anthropic(method, path, query, _json(raw)))
        match method, path:
            case "POST", "/v1/messages/count_tokens":
                body = _json(raw)
                count = wire_anthropic.count(body.get("model", ""), body)
                return _ok({"input_tokens": max(1, count)}, body.get("model", ""))
            case "POST", "/v1/responses/input_tokens":
                body = _json(raw)
                count = wire_responses.count(body.get("model", ""), body)
                return _ok({"object": "response.input_tokens", "input_tokens": count}, body.get("model", ""))
            case "POST", "/v1/responses/compact":
                return _compaction(_json(raw), step)
            case "POST", "/v1/embeddings":
                return self._embeddings(_json(raw), step)
            case "POST", "/v1/moderations":
                return _moderation(_json(raw))
            case "POST", "/v1/images/generations":
                return _image(_json(raw))
            case "POST", "/v1/images/edits" | "/v1/images/variations":
                return _image(
                    {name: value.decode() for name, (_, value) in form(headers, raw).items() if name == "model"}
                )
            case "POST", "/v1/audio/transcriptions" | "/v1/audio/translations":
                return _transcription(form(headers, raw))
            case "POST", "/v1/audio/speech":
                body = _json(raw)
                sound = hashlib.sha256(str(body.get("input")).encode()).digest() * 64
                return Reply(200, sound, str(body.get("model")), kind="audio/mpeg")
            case "POST", "/v1/files":
                return self._upload(form(headers, raw))
            case "GET", "/v1/files":
                return _ok({"object": "list", "data": [about for about, _ in self.files.values()], "has_more": False})
            case "POST", "/v1/uploads":
                return _ok(self.uploads.begin(_json(raw)))
            case "POST", "/v1/batches":
                return self._batch(_json(raw))
            case "GET", "/v1/batches":
                newest = list(reversed(self.batches.values()))
                return _ok({"object": "list", "data": after(newest, query, "after"), "has_more": False})
        if found := _STORED.fullmatch(path):
            return self._response(method, found[1], found[2] or "")
        if found := _FILE.fullmatch(path):
            return self._file(method, found[1], found[2] or "")
        if found := _BATCH.fullmatch(path):
            return self._poll(method, found[1], found[2] or "")
        if method == "POST" and (found := _UPLOAD.fullmatch(path)):
            part = form(headers, raw)["data"][1] if found[2] == "parts" else b""
            made = self.uploads.go_on(found[1], found[2], {} if part else _json(raw), part)
            return _ok(made) if made is not None else _missing(f"No upload found with id '{found[1]}'.")
        return _missing(f"Invalid URL ({method} {path})")

    def _google(self, model: str, verb: str, given: dict[str, Any], step: Step) -> Reply:
        body = wire_google.read(given)
        if verb == "countTokens":
            asked = body.get("generateContentRequest") or body
            return _ok({"totalTokens": wire_google.count(model, asked), "promptTokensDetails": []}, model)
        asked_for = [body] if verb == "embedContent" else body.get("requests", [])
        vectors = []
        for one in asked_for:
            text = "".join(part.get("text", "") for part in one["content"]["parts"])
            vectors.append({"values": vector(text, one.get("outputDimensionality") or DIMENSIONS.get(model, 768))})
        counted = sum(meter.count_texts(model, one.get("content")) for one in asked_for)
        used = {"usageMetadata": {"promptTokenCount": counted}} if step.usage else {}
        if verb == "embedContent":
            return _ok({"embedding": vectors[0], **used}, model, counted)
        return _ok({"embeddings": vectors, **used}, model, counted)

    def _embeddings(self, body: dict[str, Any], step: Step) -> Reply:
        given: Any = body.get("input")
        model = str(body.get("model", ""))
        inputs = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
        if not inputs or any(one in ("", [], None) for one in inputs):
            return Reply(400, wire_openai.error(400, Step(message="'$.input' is invalid.", param="input"), 0), model)
        size = body.get("dimensions") or DIMENSIONS.get(model, 1536)
        rows = []
        for index, one in enumerate(inputs):
            values: Any = vector(json.dumps(one) if isinstance(one, list) else one, size)
            if body.get("encoding_format") == "base64":
                values = base64.b64encode(struct.pack(f"<{size}f", *values)).decode()
            rows.append({"object": "embedding", "index": index, "embedding": values})
        counted = sum(len(one) if isinstance(one, list) else meter.completion_tokens(model, str(one)) for one in inputs)
        used = {"usage": {"prompt_tokens": counted, "total_tokens": counted}} if step.usage else {}
        return _ok({"object": "list", "data": rows, "model": model, **used}, model, counted)

    def _response(self, method: str, identifier: str, what: str) -> Reply:
        if identifier not in self.responses:
            return _missing(f"Response with id '{identifier}' not found.")
        stored, items = self.responses[identifier]
        match method, what:
            case "GET", "":
                return _ok(stored)
            case "GET", "/input_items":
                newest = [{"id": f"item_fake{at:08d}", **item} for at, item in enumerate(items)][::-1]
                ends = {"first_id": newest[0].get("id"), "last_id": newest[-1].get("id")} if newest else {}
                return _ok({"object": "list", "data": newest, "has_more": False, **ends})
            case "DELETE", "":
                del self.responses[identifier]
                return _ok({"id": identifier, "object": "response", "deleted": True})
            case "POST", "/cancel":
                stored["status"] = "cancelled"
                return _ok(stored)
        return _missing("Invalid URL")

    def _upload(self, parts: Mapping[str, tuple[str, bytes]]) -> Reply:
        if "file" not in parts:
            return _without("file")
        name, content = parts["file"]
        kept = self._kept(name, content, parts.get("purpose", ("", b""))[1].decode())
        return _ok(self.files[kept][0])

    def _kept(self, name: str, content: bytes, purpose: str) -> str:
        self._made += 1
        about = {"id": f"file-fake{self._made:08d}", "object": "file", "bytes": len(content), "filename": name}
        about |= {"purpose": purpose, "created_at": 1_790_000_000, "status": "processed"}
        self.files[str(about["id"])] = (about, content)
        return str(about["id"])

    def _file(self, method: str, identifier: str, what: str) -> Reply:
        if identifier not in self.files:
            return _missing(f"No such File object: {identifier}")
        about, content = self.files[identifier]
        if method == "DELETE":
            del self.files[identifier]
            return _ok({"id": identifier, "object": "file", "deleted": True})
        return Reply(200, content, kind="application/octet-stream") if what else _ok(about)

    def _batch(self, body: dict[str, Any]) -> Reply:
        if body.get("input_file_id") not in self.files:
            return _missing(f"No such File object: {body.get('input_file_id')}")
        self._made += 1
        made = self.run.openai(f"batch_fake{self._made:08d}", body)
        self.batches[str(made["id"])] = made
        return _ok(made)

    def _poll(self, method: str, identifier: str, what: str) -> Reply:
        if identifier not in self.batches:
            return _missing(f"No batch found with id '{identifier}'.")
        if method == "POST" and what:
            self.batches[identifier]["status"] = "cancelled" if self.run.looks is None else "cancelling"
        else:
            self.run.look_openai(self.batches[identifier])
        return _ok(self.batches[identifier])

    def finish(self, identifier: str, status: str, model: str, used: dict[str, Any] | None) -> None:
        """End a batch, as tests want it."""
        self.batches[identifier].update(status=status, model=model, usage=used)


def _compaction(body: dict[str, Any], step: Step) -> Reply:
    """A conversation as the provider alone reads it."""
    model = str(body.get("model", ""))
    counted, made = wire_responses.count(model, body), step.completion_tokens or 9
    item = {"type": "compaction", "id": "cmp_fake00000001", "encrypted_content": wire_responses.encrypted("short")}
    used: dict[str, Any] = {"input_tokens": counted, "output_tokens": made, "total_tokens": counted + made}
    used["input_tokens_details"] = {"cached_tokens": 0, "cache_write_tokens": 0}
    used["output_tokens_details"] = {"reasoning_tokens": 0}
    found = {
        "id": "resp_fake99999999",
        "object": "response.compaction",
        "created_at": 1,
        "output": [item],
        "usage": used,
    }
    return _ok(found, model, counted)


def vector(text: str, size: int) -> list[float]:
    """A direction of length one that depends on the text alone."""
    seed, raw = text.encode("utf-8", "surrogatepass"), b""
    while len(raw) < 4 * size:
        raw += hashlib.sha256(seed + len(raw).to_bytes(4, "big")).digest()
    values = [number / 2**31 - 1.0 for number in struct.unpack(f"<{size}I", raw[: 4 * size])]
    length = math.sqrt(sum(value * value for value in values))
    return [struct.unpack("<f", struct.pack("<f", value / length))[0] for value in values]


def form(headers: Mapping[str, str], raw: bytes) -> dict[str, tuple[str, bytes]]:
    """The parts of a multipart body: file name and content by field."""
    head = f"content-type: {headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + raw)
    found = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        found[str(name)] = (part.get_filename() or "", content if isinstance(content, bytes) else b"")
    return found


def _moderation(body: dict[str, Any]) -> Reply:
    given = body.get("input")
    inputs = given if isinstance(given, list) else [given]
    results = []
    for one in inputs:
        flagged = "kill" in str(one)
        found = dict.fromkeys(_CATEGORIES, False) | {"violence": flagged}
        scores = {name: 0.9 if yes else 0.01 for name, yes in found.items()}
        kinds = {name: ["text"] for name in _CATEGORIES}
        results.append(
            {
                "flagged": flagged,
                "categories": found,
                "category_scores": scores,
                "category_applied_input_types": kinds,
            }
        )
    model = str(body.get("model") or "omni-moderation-latest")
    return _ok({"id": "modr-fake", "model": model, "results": results}, model)


def _image(body: dict[str, Any]) -> Reply:
    model = str(body.get("model") or "gpt-image-1")
    picture = base64.b64encode(b"\x89PNG fake" * 32).decode()
    used = {"input_tokens": 12, "input_tokens_details": {"text_tokens": 12, "image_tokens": 0}, "output_tokens": 272}
    used |= {"total_tokens": 284, "output_tokens_details": {"text_tokens": 0, "image_tokens": 272}}
    return _ok({"created": 1_790_000_000, "data": [{"b64_json": picture}], "usage": used}, model)


def _transcription(parts: Mapping[str, tuple[str, bytes]]) -> Reply:
    if "file" not in parts:
        return _without("file")
    model = parts.get("model", ("", b""))[1].decode()
    text = f"Heard {len(parts['file'][1])} bytes."
    if parts.get("response_format", ("", b""))[1] in (b"srt", b"text", b"vtt"):
        return Reply(200, f"{text}\n".encode(), model, kind="text/plain; charset=utf-8")
    if model == "whisper-1":
        return _ok({"text": text, "usage": {"type": "duration", "seconds": 60}}, model)
    used = {"type": "tokens", "input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
    used["input_token_details"] = {"text_tokens": 0, "audio_tokens": 100}
    return _ok({"text": text, "usage": used}, model)


def _json(raw: bytes) -> dict[str, Any]:
    found = json.loads(raw or b"{}")
    return found if isinstance(found, dict) else {}


def _ok(body: dict[str, Any], model: str = "", tokens: int = 0) -> Reply:
    return Reply(200, json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), model, tokens)


def _without(name: str) -> Reply:
    step = Step(message=f"Missing required parameter: '{name}'.", param=name)
    return Reply(400, wire_openai.error(400, step, 0))


def _missing(message: str) -> Reply:
    return Reply(404, wire_openai.error(404, Step(message=message), 0))
