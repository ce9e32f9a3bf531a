"""The conversations and sentences, counted as the files are: how many requests, and in how many something is lost."""

from collections import Counter
from collections.abc import Iterator

from tests.damage.asking import LEVELS, Asker, Sent, system, text_of, user
from tests.damage.judging import plain
from tests.damage.talk.examples import EXAMPLES, followed
from tests.damage.talk.form import faults, unsaid
from tests.damage.talk.pasted import conversations
from tests.damage.talk.sentences import ARTICLES, LITERALS, MARKS, PHRASES, PREAMBLE
from tests.damage.talk.transcripts import Transcript, native_tools, text_tools

HEAD = ["conversations", "number", "requests", "what it hangs on is lost", "form broken", "left out unsaid"]
Seen = tuple[bool, Sent, list[dict[str, object]]]


def lines(asker: Asker) -> list[list[str]]:
    """A line for each sort of conversation."""
    return [
        _line("agents, text tools", len(text_tools()), _agents(asker, text_tools()), agent=True),
        _line("agents, native tools", len(native_tools()), _agents(asker, native_tools()), agent=True),
        _line("examples, then a question or a talk", len(EXAMPLES), _examples(asker)),
        _line("pasted material, then a talk", len(conversations()), _pasted(asker)),
        _line("sentences in instructions", len((*PHRASES, *ARTICLES, *MARKS, *LITERALS)), _sentences(asker)),
    ]


def _line(name: str, number: int, seen: Iterator[Seen], *, agent: bool = False) -> list[str]:
    counts: Counter[str] = Counter()
    for lost, sent, messages in seen:
        counts.update({
            "requests": 1, "lost": lost, "form": bool(faults(messages, sent, agent=agent)), "unsaid": bool(unsaid(messages, sent)),
        })  # fmt: skip
    return [name, str(number), *(str(counts[key]) for key in ("requests", "lost", "form", "unsaid"))]


def _agents(asker: Asker, transcripts: tuple[Transcript, ...]) -> Iterator[Seen]:
    for transcript in transcripts:
        for level in LEVELS:
            sent = asker.send(transcript.messages, level, tools=transcript.tools)
            yield any(text not in sent.everything() for text in transcript.must), sent, transcript.messages


def _examples(asker: Asker) -> Iterator[Seen]:
    for examples in EXAMPLES:
        for messages in (examples.messages(), followed(examples, 8)):
            for level in LEVELS:
                sent = asker.send(messages, level)
                there = Counter(map(text_of, sent.messages))
                wanted = Counter(text for pair in examples.pairs for text in pair)
                yield any(there[text] < count for text, count in wanted.items()), sent, messages


def _pasted(asker: Asker) -> Iterator[Seen]:
    for pasted in conversations():
        for level in LEVELS:
            sent = asker.send(pasted.messages, level)
            everything = plain(sent.everything())
            yield any(plain(passage) not in everything for passage in pasted.passages), sent, pasted.messages


def _sentences(asker: Asker) -> Iterator[Seen]:
    for turned in (*PHRASES, *ARTICLES, *MARKS, *LITERALS):
        for level in LEVELS:
            messages = [system(f"{PREAMBLE} {turned.sentence}"), user("Hello")]
            sent = asker.send(messages, level)
            wanted = turned.cores if level == "aggressive" else (turned.sentence,)
            yield any(text.lower() not in sent.texts()[0].lower() for text in wanted), sent, messages
