"""Agents whose tools are text: the assistant writes a command, and its result comes back as a user's turn."""

import re
from collections.abc import Sequence

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.kinds import kinds
from services.optimizer.domain.remembered import remembered

_TAG = re.compile(r"<([A-Za-z_][\w-]{1,40})(?:[\s=][^<>]{0,200})?>")
_ACTION = re.compile(
    r"^[ \t]*+(?:\*\*)?(?:action|tool|command|function|execute|run|invoke|call|aktion|werkzeug|befehl|acci[oó]n|herramienta|outil|commande|"
    r"ação|azione|действие|команда|动作|行动|工具|命令|アクション|행동|도구)(?:[ _]?(?:input|name|call|use))?(?:\*\*)?\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_ACTING = re.compile(r'"(?:action|tool|tool_name|command|cmd|function|name)"\s*:')
_CALL = re.compile(r"[A-Za-z_][\w.]{0,40}[\[(][^\n]{0,2000}[\])]")
_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)", re.MULTILINE)
_MOST_TAGS = 40
# How results begin, or end.
_RESULT = re.compile(
    r"\s*+(?:\[[^\]\n]{1,200}\]\s*(?:result|output|error|returned|:)|"
    r"<(?:function_results?|tool_results?|tool_response|results?|observations?|output|stdout|stderr|returncode|response|system-reminder|"
    r"environment_details|file_content|shell)\b|"
    r"(?:\W{0,4})(?:observation|observations|results?|output|tool (?:output|result|response)|command (?:output|result)|"
    r"execution result|stdout|stderr|"
    r"exit code|return code|beobachtung|ergebnis|ausgabe|observaci[oó]n|resultado|salida|r[ée]sultat|sortie|osservazione|risultato|"
    r"наблюдение|результат|вывод|观察|结果|输出|観察|結果|관찰|결과)\b[^\n]{0,120}?[:：\]>]|"
    r"(?:i ran|ran|executed|running)\b[^\n]{0,100}\n)",
    re.IGNORECASE,
)
_SHELL_END = re.compile(
    r"(?:\(Open file: [^\n]*\)|\(Current directory: [^\n]*\)|bash-?[\d.]{0,5}\$|\n(?:\$|>>>)|[\w.-]{1,40}@[\w.-]{1,60}:[^\n]{0,80}[$#]|"
    r"\[exit(?:ed)?[^\n]{0,40}\]|exit code:? -?\d+)\s*\Z",
    re.IGNORECASE,
)
# A result that carries what the user said to it.
_ANSWERED = re.compile(
    r"<(?:feedback|user_feedback|user_message|answer|instructions?|user_instruction|task|new_task|user)\b|"
    r"\buser (?:has )?(?:provided|denied|rejected|said|says|feedback|responded|answered|interrupted)\b|\bfeedback\b",
    re.IGNORECASE,
)


def text_tools(turns: Sequence[Message]) -> bool:
    """Whether results of tools come as user's turns: some turn of the user's is the result of a command."""
    if any(turn.calls_tools or turn.is_tool_result for turn in turns):
        return False
    if any(is_result(turns, at) for at in range(1, len(turns))):
        return True
    return sum(turn.role == "assistant" and _commands(turn.text) for turn in turns) > 1


def answers_command(turns: Sequence[Message], at: int) -> bool:
    """Whether a turn is the result of the command right before it."""
    return is_result(turns, at) and (_commands(turns[at - 1].text) or _FENCE.search(turns[at - 1].text) is not None)


def is_result(turns: Sequence[Message], at: int) -> bool:
    """Whether a user's turn is a result, and nothing that the user said: it says so itself, or it answers a command and
    holds no sentence.
    """
    turn = turns[at]
    if at == 0 or turn.role != "user" or turns[at - 1].role != "assistant":
        return False
    seems = _seems_result(turn.text)
    return seems if seems is not None else _commands(turns[at - 1].text)


# History comes again with every request.
@remembered
def _seems_result(text: str) -> bool | None:
    """Whether a text says that it is a result; None where only what stands before it can tell."""
    if _ANSWERED.search(text):
        return False
    if _RESULT.match(text) or _SHELL_END.search(text[-400:]):
        return True
    return None if "prose" not in kinds(text) and len(text.split()) > 3 else False


@remembered
def _commands(text: str) -> bool:
    if _ACTION.search(text) or _CALL.fullmatch(text.rstrip().rsplit("\n", 1)[-1]):
        return True
    if "{" in text and _ACTING.search(text):
        return True
    names = [match[1] for match, _ in zip(_TAG.finditer(text), range(_MOST_TAGS), strict=False)]
    return any(f"</{name}>" in text for name in names)
