"""Batches of OpenAI and Anthropic: what comes in, the states that they go through, and their results, at half the price.

A batch is over after `looks` looks at it (None: when a test ends it), as the next of `ends` says: "completed", "expired" (half of it
was done), "failed" (OpenAI refuses the file, and nothing is done). Results come in another order than the requests. The script's steps
for a model are its requests' in a batch, too.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from tests.fake_provider import answer, meter, wire_anthropic, wire_openai, wire_responses
from tests.fake_provider.formats import Format
from tests.fake_provider.script import Step

_FORMATS: Mapping[str, Format] = {
    "/v1/chat/completions": wire_openai,  # type: ignore[dict-item]  # modules
    "/v1/responses": wire_responses,  # type: ignore[dict-item]
    "/v1/messages": wire_anthropic,  # type: ignore[dict-item]
}
_OVER = ("completed", "failed", "expired", "cancelled", "ended")


class Batches:
    """Runs batches. `next_step` gives a model's next step, `ledger` gets an entry for each request that was done, with its
    `custom_id`; `keep` keeps a file and gives its id.
    """

    def __init__(
        self,
        next_step: Callable[[str], Step],
        ledger: list[dict[str, Any]],
        files: dict[str, tuple[dict[str, Any], bytes]],
        keep: Callable[[str, bytes], str],
    ) -> None:
        self.looks: int | None = None
        self.ends: deque[str] = deque()
        self.made: dict[str, dict[str, Any]] = {}  # Anthropic's, as it shows them
        self.results: dict[str, bytes] = {}
        self._requests: dict[str, list[dict[str, Any]]] = {}
        self._looked: dict[str, int] = {}
        self._next_step = next_step
        self._ledger = ledger
        self._files = files
        self._keep = keep
        self._number = 0

    # OpenAI's.

    def openai(self, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """A batch of an uploaded file."""
        return {
            "id": identifier,
            "object": "batch",
            "endpoint": body.get("endpoint"),
            "model": None,
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": body.get("completion_window"),
            "status": "validating" if self.looks is not None else "in_progress",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "in_progress_at": None,
            "expires_at": int(time.time()) + 86_400,
            "finalizing_at": None,
            "completed_at": None,
            "failed_at": None,
            "expired_at": None,
            "cancelling_at": None,
            "cancelled_at": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata"),
            "usage": None,
        }

    def look_openai(self, batch: dict[str, Any]) -> None:
        """A client looks at a batch, which may thereby get on."""
        if self.looks is None or batch["status"] in _OVER:
            return
        if batch["status"] == "cancelling":
            self._end_openai(batch, "cancelled")
            return
        batch["status"] = "in_progress"
        if self._seen(batch["id"]):
            self._end_openai(batch, self.ends.popleft() if self.ends else "completed")

    def _end_openai(self, batch: dict[str, Any], end: str) -> None:
        lines = [json.loads(line) for line in self._files[batch["input_file_id"]][1].splitlines() if line]
        wrong = self._wrong(batch, lines)
        if end == "failed" or wrong:
            problem = {"code": "invalid_request", "line": 1, "message": wrong or "Refused.", "param": None}
            batch.update(status="failed", errors={"object": "list", "data": [problem]})
            return
        done = {"completed": len(lines), "expired": len(lines) // 2, "cancelled": 0}[end]
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for index, line in enumerate(lines):
            self._number += 1
            about = {"id": f"batch_req_fake{self._number:08d}", "custom_id": line["custom_id"]}
            if index >= done:
                error = {"code": f"batch_{end}", "message": "This request could not be executed."}
                bad.append({**about, "response": None, "error": error})
                continue
            status, made = self._done(_FORMATS[line["url"]], line["custom_id"], line["body"])
            response = {"status_code": status, "request_id": f"req_fake{self._number:08d}", "body": json.loads(made)}
            (good if status == 200 else bad).append({**about, "response": response, "error": None})
        for name, part in (("output_file_id", good), ("error_file_id", bad)):
            if part:
                batch[name] = self._keep(f"{batch['id']}_{name}.jsonl", _jsonl(part))
        counts = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        batch.update(status=end, request_counts=counts, model=lines[0]["body"]["model"])

    def _wrong(self, batch: dict[str, Any], lines: list[dict[str, Any]]) -> str | None:
        """What OpenAI says of a file that it does not take."""
        for line in lines:
            if line.keys() != {"custom_id", "method", "url", "body"} or line["method"] != "POST":
                return "A line is not a request."
            if line["url"] != batch["endpoint"]:
                return "The URL provided for this request does not match the batch endpoint."
        if len({line["custom_id"] for line in lines}) < len(lines):
            return "The custom_id is used more than once."
        if len({line["body"]["model"] for line in lines}) > 1:
            return "All requests of a batch have to name the same model."
        return None if lines else "The file is empty."

    # Anthropic's.

    def anthropic(self, method: str, path: str, query: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body of one of the calls below /v1/messages/batches."""
        _, _, _, _, *rest = path.split("/")
        match method, rest:
            case "POST", []:
                return self._make(body)
            case "GET", []:
                newest = list(reversed(self.made.values()))
                for batch in newest:
                    self._look(batch)
                page = after(newest, query, "after_id")
                return 200, _json({"data": page, "has_more": False, "first_id": None, "last_id": None})
            case _, [identifier, *_] if identifier not in self.made:
                return 404, wire_anthropic.error(404, Step(message="Not found."), 0)
            case "GET", [identifier]:
                self._look(self.made[identifier])
                return 200, _json(self.made[identifier])
            case "GET", [identifier, "results"] if identifier in self.results:
                return 200, self.results[identifier]
            case "POST", [identifier, "cancel"]:
                self.made[identifier].update(processing_status="canceling", cancel_initiated_at=_now())
                return 200, _json(self.made[identifier])
            case "DELETE", [identifier]:
                del self.made[identifier]
                return 200, _json({"id": identifier, "type": "message_batch_deleted"})
        return 404, wire_anthropic.error(404, Step(message="Not found."), 0)

    def _make(self, body: dict[str, Any]) -> tuple[int, bytes]:
        requests = body.get("requests") or []
        ids = [one.get("custom_id") for one in requests]
        streams = any("stream" in one.get("params", {}) for one in requests)
        if not requests or len(set(ids)) < len(ids) or streams or "failed" in self.ends:
            if "failed" in self.ends:
                self.ends.remove("failed")
            return 400, wire_anthropic.error(400, Step(message="requests: invalid."), 0)
        self._number += 1
        identifier = f"msgbatch_fake{self._number:08d}"
        self._requests[identifier] = requests
        counts = {"processing": len(requests), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        made: dict[str, Any] = {"id": identifier, "type": "message_batch", "processing_status": "in_progress"}
        made |= {"request_counts": counts, "ended_at": None, "created_at": _now(), "expires_at": _now()}
        made |= {"archived_at": None, "cancel_initiated_at": None, "results_url": None}
        self.made[identifier] = made
        return 200, _json(made)

    def _look(self, batch: dict[str, Any]) -> None:
        if self.looks is None or batch["processing_status"] == "ended":
            return
        if batch["processing_status"] == "canceling":
            self._end_anthropic(batch, "canceled")
        elif self._seen(batch["id"]):
            self._end_anthropic(batch, self.ends.popleft() if self.ends else "completed")

    def _end_anthropic(self, batch: dict[str, Any], end: str) -> None:
        requests = self._requests[batch["id"]]
        done = {"completed": len(requests), "expired": len(requests) // 2, "canceled": 0}[end]
        counts = dict.fromkeys(batch["request_counts"], 0)
        lines = []
        for index, one in enumerate(requests):
            outcome: dict[str, Any] = {"type": end}
            if index < done:
                status, made = self._done(wire_anthropic, one["custom_id"], one["params"])  # type: ignore[arg-type]
                good = status == 200
                outcome = {"type": "succeeded", "message": json.loads(made)} if good else {"type": "errored"}
                if not good:
                    outcome["error"] = json.loads(made)
            counts[outcome["type"]] += 1
            lines.append({"custom_id": one["custom_id"], "result": outcome})
        self.results[batch["id"]] = _jsonl(lines)
        url = f"https://api.anthropic.com/v1/messages/batches/{batch['id']}/results"
        batch.update(processing_status="ended", request_counts=counts, ended_at=_now(), results_url=url)

    # Both.

    def _seen(self, identifier: str) -> bool:
        self._looked[identifier] = self._looked.get(identifier, 0) + 1
        return self.looks is not None and self._looked[identifier] >= self.looks

    def _done(self, wire: Format, custom_id: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body of one request, billed at half."""
        self._number += 1
        model = str(body["model"])
        step = self._next_step(model)
        entry: dict[str, Any] = {"kind": "batch", "custom_id": custom_id, "model": model, "status": step.status}
        self._ledger.append({**entry, "nano_usd": 0} if step.status != 200 else entry)
        if step.status != 200:
            return step.status, wire.error(step.status, step, self._number)
        tier = "batch" if wire.PROVIDER == "anthropic" else "default"  # OpenAI does not say
        counted = wire.count(model, body)
        made = answer.make(self._number, int(time.time()), model, step, wire.last(body), counted, tier)
        entry.update(tokens=made.used._asdict(), nano_usd=meter.bill_usage(model, made.used, tier="batch"))
        if wire is wire_responses:
            return 200, _json(wire_responses.response(made, body))
        return 200, wire.whole(made)


def after(objects: list[dict[str, Any]], query: str, name: str) -> list[dict[str, Any]]:
    """What comes in a list behind the object that the query names, and all of it where it names none."""
    named = parse_qs(query).get(name, [None])[0]
    ids = [one["id"] for one in objects]
    return objects[ids.index(named) + 1 :] if named in ids else objects


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(_json(line) + b"\n" for line in reversed(lines))


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
