"""What a conversation hangs on: turns that stay beside the window, whole and in place."""

import re
from collections.abc import Sequence

from services.optimizer.domain import agents, examples
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.conversation_summary import is_note
from services.optimizer.domain.kinds import segments

MATERIAL_TOKENS = 100
_GREETING_WORDS = 6
_FEW_TURNS = 3
# A consent and no more: what is consented to stands in the turn before it.
_CONSENTS = re.compile(
    r"\W*(?:yes|yep|yeah|ok|okay|sure|fine|thanks|thank you|go ahead|please do|great|perfect|ja|oui|s[ií]|да|好的?|はい)\b"
    r"(?:(?!\b(?:but|also|not|don't|only|instead|except|and|then|aber|mais|pero)\b)[^\n:;\d]){0,80}",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W{0,3}(?:hi|hello|hey|yo|howdy|greetings|good (?:morning|afternoon|evening|day)|hallo|guten|moin|servus|bonjour|bonsoir|"
    r"salut|coucou|hola|buen[oa]s|ciao|buon|ol[áa]|oi|bom dia|hej|hei|ahoj|cze[śs][ćc]|привет|здравствуйте|merhaba|selam|你好|您好|"
    r"こんにちは|안녕|नमस्ते|مرحبا|שלום|ping|test)(?!\w)",
    re.IGNORECASE,
)
_QUESTION_WORDS = 25
_MOST_COMPARED = 64
_FEWEST_CHARACTERS = 8
_SHORTEST_MATERIAL = 300  # characters of code, data or layout in an assistant's turn
_PIECES = re.compile(r"\n+|(?<=[.!?。！？])\s+")
_QUESTION_ENDS = ("?", "？", "؟", ";")
_SENTENCES = re.compile(r"[.!?。！？]+(?:\s+|$)|\n+")


def anchors(turns: Sequence[Message], index: int, window: int, *, tools: bool) -> set[int]:
    """Which of the turns before `index` stay. Decided from these and the window behind them alone, so that it holds as long
    as the cut does.

    The opening task, few-shot examples, the newest copy of pasted material, what the user told an agent whose tools are
    text, and the user's turn that the oldest turn of the window answers.
    """
    seen = turns[: index + window]
    native = _native(seen)
    shown = examples.leading(seen, tools=tools or native)
    stay = set(range(min(shown, index)))
    in_text = agents.text_tools(seen)
    results = {at for at in range(len(seen)) if in_text and agents.is_result(seen, at)}
    stay |= {at for at in _opening(seen, shown, tools=tools or in_text or native) if at < index}
    if in_text or (native and _seldom_speaks(seen, index)):
        said = (at for at in range(index) if seen[at].role == "user" and at not in results)
        stay |= {at for at in said if not _CONSENTS.fullmatch(seen[at].text)}
    elif not any(turn.role == "user" for turn in seen[index:]):
        # In a long loop of calls the turn that is being answered lies before the window.
        stay |= set([at for at in range(index) if seen[at].role == "user"][-1:])
    stay |= {at for at in range(index) if is_note(seen[at])}
    if index < len(seen) and seen[index].role != "user":
        stay |= set([at for at in range(index) if seen[at].role == "user" and at not in results][-1:])
    return stay | _material(seen, index, stay, results, tools=tools or native)


def _seldom_speaks(turns: Sequence[Message], index: int) -> bool:
    """Whether an agent works by itself for long, so that the little that the user said to it are instructions."""
    users = [at for at, turn in enumerate(turns) if turn.role == "user"]
    return len(users) <= _FEW_TURNS and not any(at >= index for at in users)


def _native(turns: Sequence[Message]) -> bool:
    return any(turn.calls_tools or turn.is_tool_result for turn in turns)


def _opening(turns: Sequence[Message], shown: int, *, tools: bool) -> list[int]:
    """The user's first words behind the examples, up to the first answer; behind a greeting, the next ones too."""
    found: list[int] = []
    greeted = False
    for at in range(shown, len(turns)):
        if turns[at].role == "user":
            found.append(at)
        elif found:
            if greeted or not all(_greets(turns[i]) for i in found):
                break
            greeted = True
    if not found or (not tools and (examples.series(turns[shown:]) or all(_only_asks(turns[at]) for at in found))):
        return []
    return found


def _greets(turn: Message) -> bool:
    words = turn.text.split()
    if _pictures(turn) or turn.tokens >= MATERIAL_TOKENS:
        return False
    return len(words) <= 2 or (len(words) <= _GREETING_WORDS and _GREETING.match(turn.text) is not None)


def _only_asks(turn: Message) -> bool:
    """One question in one sentence, or a greeting: nothing that later turns would build on."""
    text = turn.text.strip()
    if _pictures(turn) or len(text.split()) > _QUESTION_WORDS or turn.tokens > MATERIAL_TOKENS:
        return False
    sentences = [part for part in _SENTENCES.split(text) if part.strip()]
    return len(sentences) < 2 and (text.endswith(_QUESTION_ENDS) or _greets(turn))


def _pictures(turn: Message) -> bool:
    """Whether there is more than text: a picture, a file or a sound that nobody sends twice."""
    content = turn.data.get("content")
    return isinstance(content, list) and len(turn.texts()) < len(content)


def _material(turns: Sequence[Message], index: int, stay: set[int], results: set[int], *, tools: bool) -> set[int]:
    """From the newest turn back: what was pasted, or written as code, and no later turn that stays repeats."""
    # What the user said goes only where the user said it again; what others did, where anybody does.
    by_user, by_anybody = _Later(), _Later()
    for turn in turns[index:]:
        if turn.tokens > MATERIAL_TOKENS:
            _add(turn, _pieces(turn.text), by_user, by_anybody)
    found: set[int] = set()
    for at in range(index - 1, -1, -1):
        turn = turns[at]
        if at in results or not _holds_material(turn, tools=tools):
            continue
        pieces = _pieces(turn.text)
        if at not in stay and (by_user if turn.role == "user" else by_anybody).repeats(pieces):
            continue
        found.add(at)
        _add(turn, pieces, by_user, by_anybody)
    return found - stay


class _Later:
    """The material of later turns. Another version is not the same material: the question may be what changed."""

    def __init__(self) -> None:
        self._turns: list[frozenset[str]] = []
        self._holding: dict[str, list[int]] = {}

    def add(self, pieces: frozenset[str]) -> None:
        """One more turn."""
        for piece in pieces:
            self._holding.setdefault(piece, []).append(len(self._turns))
        self._turns.append(pieces)

    def repeats(self, pieces: frozenset[str]) -> bool:
        """Whether one turn holds all of these. Only turns with the rarest of them can; of those the first few are looked at."""
        if not pieces:
            return False
        holding = min((self._holding.get(piece, []) for piece in pieces), key=len)
        return any(pieces <= self._turns[at] for at in holding[:_MOST_COMPARED])


def _add(turn: Message, pieces: frozenset[str], by_user: _Later, by_anybody: _Later) -> None:
    by_anybody.add(pieces)
    if turn.role == "user":
        by_user.add(pieces)


def _holds_material(turn: Message, *, tools: bool) -> bool:
    if turn.role == "user":
        return turn.tokens > MATERIAL_TOKENS or _pictures(turn)
    if turn.role != "assistant" or turn.calls_tools or turn.tokens <= MATERIAL_TOKENS:
        return False
    # What an assistant with tools lists, the tools can say again; only code between fences was written for the user.
    text = turn.text
    kinds = ("code",) if tools else ("code", "data", "structured", "layout")
    written = (text[s.start : s.end].strip() for s in segments(text) if s.kind in kinds)
    marks = ("```", "~~~") if tools else ("",)
    return sum(len(block) for block in written if block.startswith(marks)) > _SHORTEST_MATERIAL


def _pieces(text: str) -> frozenset[str]:
    pieces = (" ".join(piece.split()) for piece in _PIECES.split(text))
    return frozenset(piece for piece in pieces if len(piece) >= _FEWEST_CHARACTERS)
