"""Sessions of an agent that works on a service: files read, commands run, logs searched, JSON of an interface, patches, few words."""

import json
from collections.abc import Iterator
from typing import Any

from libs.common.tokens import count_messages
from tests.damage.asking import assistant, call, result, system, user
from tests.damage.corpus.catalogue import KINDS
from tests.damage.corpus.words import Dice

Messages = list[dict[str, Any]]
MODEL = "gpt-4o"
_SOURCES = ("python", "typescript", "go", "sql", "yaml", "python", "java", "python")
_OUTPUTS = ("app log", "stack trace", "json log", "shell session", "syslog")
_TOOLS = {
    "read_file": {"path": "string"},
    "run_command": {"command": "string"},
    "search_logs": {"query": "string"},
    "list_deployments": {"service_id": "string"},
    "apply_patch": {"path": "string", "patch": "string"},
}
_RULES = (
    "You are an agent that works on the services of a shop. You may read any file, and change those of the task.",
    "Please make sure that you run the tests before you say that you are done.",
    "Never print a secret. Do not change the configuration of production unless the user asks for it.",
    "In order to change a file, send a patch; do not write files anew.",
    "Keep your answers short: say what you have found, what you have changed, and what is left to do.",
    "If a test fails for a reason that has nothing to do with the task, say so and go on.",
)
_TASKS = (
    "The {a} job fails every night since the last deployment. Find out why, mend it and add a test. Nothing but {b} may change.",
    "Customers see a wrong {a} after they change their {b}. Please find the place where it goes wrong and propose a change.",
    "Make the import of {a}s ten times as fast. It reads each {b} three times, as far as I can see.",
)
_GOES_ON = (
    "Good. Now do the same for the {a}, and tell me what else reads the {b}.",
    "Are you sure about the {b}? Look at how the {a} is loaded before you change it.",
    "Yes. Then go on with the {a}.",
)
_SAYS = (
    "The {a} is read before the {b} is there; I look at where it is made.",
    "That test fails because the {a} has no {b}. I mend it in the loader and run all tests again.",
    "I have changed the {a}: it is read once and kept until the {b} changes. 42 tests pass. What is left is the {b}.",
)


def tools() -> list[dict[str, Any]]:
    """What the agent may call."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": f"{name.replace('_', ' ').capitalize()} and give back what it says.",
                "parameters": {
                    "type": "object",
                    "properties": {key: {"type": kind} for key, kind in fields.items()},
                    "required": list(fields),
                },
            },
        }
        for name, fields in _TOOLS.items()
    ]


def session(tokens: int, name: str) -> Messages:
    """The messages of so many tokens or a few more, ending with a turn of the user's. The same name gives the same session."""
    dice = Dice(f"session-{name}")
    messages = [system("\n".join(_RULES)), user(_said(dice, _TASKS))]
    size, step = count_messages(MODEL, messages), 0
    while size < tokens:
        more = list(_step(dice, step))
        messages += more
        size += count_messages(MODEL, more)
        step += 1
    return [*messages, assistant(_said(dice, _SAYS)), user(_said(dice, _GOES_ON))]


def next_turn(name: str, turn: int) -> Messages:
    """What a turn adds: a look at something, an answer, and what the user wants next."""
    dice = Dice(f"turn-{name}-{turn}")
    identity = f"call_t{turn}"
    looked = [call(identity, "search_logs", {"query": dice.noun()}), result(identity, _found(dice))]
    return [*looked, assistant(_said(dice, _SAYS)), user(_said(dice, _GOES_ON))]


def _step(dice: Dice, step: int) -> Iterator[dict[str, Any]]:
    identity = f"call_{step}"
    match dice.randint(0, 9):
        case 0 | 1 | 2:
            kind = KINDS[dice.one(_SOURCES)]
            path = f"services/{dice.noun()}/{dice.name()}.{kind.extension}"
            yield call(identity, "read_file", {"path": path})
            yield result(identity, kind.write(dice, dice.choice((20, 60, 120, 240))))
        case 3 | 4:
            yield call(identity, "run_command", {"command": f"make test ONLY={dice.name()}"})
            yield result(identity, KINDS[dice.one(_OUTPUTS)].write(dice, dice.choice((10, 40, 160))))
        case 5 | 6:
            yield call(identity, "search_logs", {"query": dice.noun()})
            yield result(identity, _found(dice))
        case 7:
            yield call(identity, "list_deployments", {"service_id": dice.code()})
            yield result(identity, json.dumps([_deployment(dice) for _ in range(dice.randint(2, 30))], indent=2))
        case 8:
            patch = KINDS["diff"].write(dice, 12)
            yield call(identity, "apply_patch", {"path": f"services/{dice.noun()}/{dice.name()}.py", "patch": patch})
            yield result(identity, "Done.")
        case _:
            yield assistant(_said(dice, _SAYS))
            yield user(_said(dice, _GOES_ON))


def _found(dice: Dice) -> str:
    lines = KINDS["app log"].write(dice, dice.choice((5, 20, 60)))
    return json.dumps({"query_id": dice.code(), "hits": lines.splitlines(), "more": False})


def _deployment(dice: Dice) -> dict[str, Any]:
    return {
        "deployment_id": dice.code(),
        "day": dice.date(),
        "by": dice.person(),
        "state": dice.one(("running", "failed", "replaced")),
        "replicas": dice.randint(1, 9),
        "image": {"name": dice.noun(), "digest": f"sha256:{dice.randbytes(16).hex()}"},
    }


def _said(dice: Dice, of: tuple[str, ...]) -> str:
    return dice.one(of).format(a=dice.noun(), b=dice.noun())
