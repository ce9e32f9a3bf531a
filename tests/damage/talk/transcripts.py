"""Agents at work: 22 whose tools are text, and some with native tools. `must` is what the human said."""

from dataclasses import dataclass
from functools import cache

from tests.damage.asking import Messages, assistant, call, result, system, user
from tests.damage.corpus.words import Dice
from tests.damage.talk import styles, tasks
from tests.damage.talk.styles import Style


@dataclass(frozen=True)
class Transcript:
    """A conversation, and the texts of the human's that have to stay."""

    name: str
    messages: Messages
    must: tuple[str, ...]
    tools: bool = False


@dataclass(frozen=True)
class _Plan:
    """How a transcript goes: its opening turns (an assistant's begin with `>`), its steps, and what is said between."""

    name: str
    style: Style
    opening: tuple[str, ...]
    steps: int
    between: tuple[tuple[int, str], ...] = ()
    with_result: bool = False


_DENIED = "The user denied this operation and provided the following feedback:\n<feedback>\n{said}\n</feedback>"
_PLANS = (
    _Plan("cline, task first", styles.CLINE, (tasks.IMPORT,), 20),
    _Plan(
        "cline, feedback in a result", styles.CLINE, (f"<task>\n{tasks.LOGIN}\n</task>",), 14, ((5, tasks.STOP),), True
    ),
    _Plan("roo, short", styles.ROO, (tasks.DOCKER,), 6),
    _Plan("roo, long", styles.ROO, (tasks.MIGRATE,), 30, ((12, tasks.SECOND),)),
    _Plan("aider", styles.AIDER, (tasks.RENAME,), 12, ((4, tasks.CORRECTION),)),
    _Plan("aider, greeting first", styles.AIDER, (tasks.GREETING, f">{tasks.GREETED}", tasks.TYPES), 10),
    _Plan("fenced commands", styles.SWE, (tasks.PRECISION,), 16),
    _Plan("fenced commands, long", styles.SWE, (tasks.FLAKY,), 28, ((20, tasks.ALSO),)),
    _Plan("fenced commands, a demonstration first", styles.SWE, (tasks.DEMONSTRATION, tasks.PRECISION), 13),
    _Plan("cline, surroundings behind the task", styles.CLINE, (tasks.RENAME + tasks.SURROUNDINGS,), 12),
    _Plan("no instructions, tags", styles.OPEN_HANDS, (tasks.SPEED,), 18),
    _Plan(
        "no instructions, greeting first", styles.OPEN_HANDS, (tasks.GREETING, f">{tasks.GREETED}", tasks.UPGRADE), 9
    ),
    _Plan("thought and action", styles.REACT, (tasks.PUZZLE,), 15),
    _Plan("thought and action, narrowed", styles.REACT, (tasks.REPORT,), 13, ((6, tasks.NARROWER),)),
    _Plan("tagged functions", styles.FUNCTIONS, (tasks.SECRET,), 11),
    _Plan("plain fences", styles.BASH, (tasks.DOCS, ">Shall I do the private ones too?", "Yes, those as well."), 17),
    _Plan("JSON actions", styles.JSON_ACTIONS, (tasks.LOGIN,), 14),
    _Plan("tool_call tags", styles.HERMES, (tasks.TRANSLATE,), 10, ((7, tasks.STOP),)),
    _Plan("browser", styles.BROWSER, (tasks.SHOP,), 22),
    _Plan("notebook, task in two turns", styles.NOTEBOOK, (tasks.TRAIN, tasks.ALSO), 12),
    _Plan("database, no instructions", styles.SQL, (tasks.COUNTS,), 25),
    _Plan("german", styles.GERMAN, (tasks.GERMAN,), 12, ((5, tasks.HALT_DE),)),
    _Plan("french, no instructions", styles.FRENCH, (tasks.FRENCH,), 13),
    _Plan("chinese", styles.CHINESE, (tasks.CHINESE,), 11),
    _Plan("spanish", styles.SPANISH, (tasks.SPANISH,), 16),
    _Plan("code and outputs, task in two turns", styles.TOOL_CODE, (tasks.SPEED, f">{tasks.GREETED}", tasks.ALSO), 9),
)
_SMALL_TALK = (tasks.GREETING, tasks.GREETED)


@cache
def text_tools() -> tuple[Transcript, ...]:
    """Agents whose results come back as user messages."""
    return tuple(_written(plan) for plan in _PLANS)


@cache
def native_tools() -> tuple[Transcript, ...]:
    """Agents whose results are tool messages, with the task at the start."""
    return (
        _native("native, task first", [system("You are a coding agent."), user(tasks.RENAME)], 12),
        _native("native, no instructions", [user(tasks.MIGRATE)], 25),
        _native("native, greeting first", [user(tasks.GREETING), assistant(tasks.GREETED), user(tasks.DOCKER)], 10),
        _native("native, two turns", [user(tasks.TRAIN), user(tasks.ALSO)], 15),
        _native("native, corrected", [system("Be brief."), user(tasks.RENAME)], 14, {5: tasks.CORRECTION}),
        _native("native, second task", [system("Be brief."), user(tasks.DOCS)], 20, {9: tasks.SECOND, 15: tasks.STOP}),
        _native("native, german", [user(tasks.GERMAN)], 9, {4: tasks.HALT_DE}),
        _native("native, several calls at once", [system("Use tools."), user(tasks.REPORT)], 8, calls=3),
    )


def _written(plan: _Plan) -> Transcript:
    dice = Dice(plan.name)
    messages = [] if plan.style.system is None else [system(plan.style.system)]
    must = []
    for text in plan.opening:
        messages.append(assistant(text[1:]) if text.startswith(">") else user(text))
        if not text.startswith(">") and text not in tasks.IDLE:
            must.append(text.removesuffix(tasks.SURROUNDINGS))
    said = dict(plan.between)
    for step in range(plan.steps):
        messages.append(assistant(plan.style.act(dice)))
        if step not in said:
            messages.append(user(plan.style.observe(dice)))
            continue
        must.append(said[step])
        messages.append(user(_DENIED.format(said=said[step]) if plan.with_result else said[step]))
    return Transcript(plan.name, messages, tuple(must))


def _native(name: str, opening: Messages, steps: int, said: dict[int, str] | None = None, calls: int = 1) -> Transcript:
    dice = Dice(name)
    messages, said = list(opening), said or {}
    for step in range(steps):
        if step in said:
            messages += [assistant(f"I changed the {dice.noun()}."), user(said[step])]
        made = [call(f"call_{step}_{i}", "read_file", {"path": f"src/{dice.name()}.py"}) for i in range(calls)]
        messages.append({**made[0], "tool_calls": [one["tool_calls"][0] for one in made]})
        messages += [result(f"call_{step}_{i}", styles.CLINE.observe(dice)) for i in range(calls)]
    human = [
        text for text in (str(one["content"]) for one in opening if one["role"] == "user") if text not in _SMALL_TALK
    ]
    return Transcript(name, messages, (*human, *said.values()), tools=True)
