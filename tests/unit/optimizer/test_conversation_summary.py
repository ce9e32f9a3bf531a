"""What was done and why not, where somebody asks."""

import json
from collections import Counter

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from services.optimizer.domain.levers import STEPS
from services.optimizer.domain.similarity import Calibration, Similarity
from services.optimizer.pipeline import Optimizer
from tests.fixtures.similarity import Letters, optimizer

SYSTEM = (
    "Please  note that you must answer all that they ask.\n\n\n\n"
    "You must **never** guess, and you should check the name of the user."
)
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Hello."}]


def explain(optimizer: Optimizer, *, explain: bool = True, level: str = "aggressive", **toggles: bool) -> OptimizeReply:
    request = OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps(MESSAGES).encode()),
        settings=OptimizationSettings(level=level, **toggles),
        explain=explain,
    )
    return optimizer.answer(request)


def test_every_step_is_told_and_the_applied_ones_sum_to_the_levers() -> None:
    reply = explain(optimizer())
    assert {note.step for note in reply.notes} == {step.name for step in STEPS}
    told: Counter[str] = Counter()
    for note in reply.notes:
        if note.outcome == "applied":
            told[note.lever] += note.tokens
    assert told == {lever.lever: lever.tokens for lever in reply.levers}
    assert {note.message for note in reply.notes if note.outcome == "applied"} == {0}


def test_what_is_off_is_told_apart_from_what_found_nothing() -> None:
    outcomes = {
        note.step: note.outcome for note in explain(optimizer(), level="moderate", redundancy_elimination=False).notes
    }
    assert (outcomes["articles"], outcomes["repeats"], outcomes["extraction"]) == ("off", "off", "off")
    assert (outcomes["tables"], outcomes["window"]) == ("nothing_found", "nothing_found")


def test_nobody_asked() -> None:
    assert explain(optimizer(), explain=False).notes == ()


def test_too_little_likeness_undoes_the_wording_and_says_so() -> None:
    strict = Similarity(Letters(), Calibration(cosine_share=0.7, raw=(0.0, 0.999, 1.0), model=(0.0, 0.1, 1.0)))
    reply = explain(Optimizer(strict, cache_bytes=1_000_000))
    after = json.loads(bytes(reply.messages))[0]["content"]
    assert after == SYSTEM.replace("Please  note", "Please note").replace("\n\n\n\n", "\n\n")
    vetoed = {note.step for note in reply.notes if note.outcome == "vetoed"}
    assert vetoed == {"phrases", "marks", "articles"}


def test_each_part_is_told_with_its_kinds_and_why_it_is_left_alone() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}
    messages = [
        {"role": "system", "content": "You answer in English.\n\n```\nx  =  1\n```"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "x = 1\ny = 2"}, {"type": "text", "text": "What is it?"}],
        },
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "x = 1\n"},
    ]
    request = OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps(messages).encode()),
        settings=OptimizationSettings(),
        explain=True,
    )
    reply = optimizer().answer(request)
    assert [(part.message, part.part, part.kinds, bool(part.left_alone)) for part in reply.parts] == [
        (0, 0, ("prose", "code"), True),
        (1, 0, ("code",), True),
        (1, 1, ("prose",), False),
        (3, 0, ("code",), True),
    ]
    assert reply.content == {"code": 2, "prose": 2, "unknown": 1}
    assert reply.left_out == {}
