"""Levers on trial lose nothing that was asked for: pictures that are read stay whole in every language, descriptions keep what a call is
made by, and conversations with anything hard in them think as they would.
"""

import json
import re

import msgspec
import pytest

from bench.optimizer.tools import AIRLINE, CODING, SHOP
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.tool_definitions import described, descriptions
from services.optimizer.pipeline import Optimizer
from tests.damage.router_asking import ask
from tests.fixtures.similarity import LIKENESS
from tests.unit.common.test_images import png, url

ON = OptimizationSettings(level="aggressive", tool_definitions="on", images="on")
OPTIMIZER = Optimizer(LIKENESS, cache_bytes=4_000_000)
PICTURE = {"type": "image_url", "image_url": {"url": url(png(2000, 1500))}}


def optimized(messages: list[dict[str, object]], **more: object) -> OptimizeReply:
    raw = msgspec.Raw(json.dumps(messages).encode())
    return OPTIMIZER.answer(OptimizeRequest(model="gpt-4o", messages=raw, settings=ON, **more))  # type: ignore[arg-type]


def looks_at(*asked: str) -> bool:
    first, *later = asked
    messages: list[dict[str, object]] = [{"role": "user", "content": [{"type": "text", "text": first}, PICTURE]}]
    for text in later:
        messages += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": text}]
    return optimized(messages).gist


# What is small, counted, compared or somewhere: each needs all pixels.
DETAILS = (
    *(
        "What does the sign say?",
        "Read the text in this image.",
        "Transcribe this.",
        "OCR",
        "Extract the invoice number.",
    ),
    *("How many people are in this picture?", "Count the birds.", "Where is the red car?", "Locate the defect."),
    *("What time does the clock show?", "What is the serial number?", "Is there a typo in this screenshot?"),
    *(
        "Which of these two charts is higher in March?",
        "Translate the menu.",
        "Solve this equation.",
        "Fix the error shown.",
    ),
    *(
        "What animal is this, and what is written on its collar?",
        "Describe this image.",
        "Describe this image in detail.",
    ),
    *(
        "Describe this image briefly. Quote any text.",
        "Is this a cat or a dog? Read its name tag.",
        "What brand is it?",
    ),
    *(
        "Is this a genuine signature?",
        "Is it safe to eat?",
        "Does the X-ray show a fracture?",
        "Who is this?",
        "",
        "?",
        "👀",
    ),
    *("Was steht auf dem Schild?", "Lies den Text vor.", "Wie viele Vögel sind zu sehen?", "Wo ist der Fehler?"),
    *("Beschreibe dieses Bild.", "Beschreibe dieses Bild kurz und lies den Text vor.", "Welche Zahl steht da?"),
    *("Que dit le panneau ?", "Lis le texte.", "Combien d'oiseaux ?", "Décris cette image.", "Où est la voiture ?"),
    *("¿Qué dice el cartel?", "Transcribe el texto.", "¿Cuántas personas hay?", "Describe esta imagen."),
    *("Cosa c'è scritto?", "O que está escrito?", "Wat staat er?", "Co tu jest napisane?", "Tabelada ne yazıyor?"),
    *(
        "Что здесь написано?",
        "Сколько людей?",
        "这上面写了什么？",
        "数一下有几个人",
        "这是什么动物？",
        "これは何と書いてありますか",
    ),
    *(
        "여기 뭐라고 쓰여 있어요?",
        "ماذا كُتب هنا؟",
        "यहाँ क्या लिखा है?",
        "כמה אנשים בתמונה?",
        "ป้ายเขียนว่าอะไร",
        "Biển ghi gì?",
    ),
)
GIST = (
    *(
        "What animal is this?",
        "Is this a cat or a dog?",
        "Please describe this image in one sentence.",
        "is it a photo?",
    ),
    *(
        "Can you briefly describe the picture?",
        "What season is shown in this photo?",
        "Is there a dog in this picture?",
    ),
    *("Beschreibe dieses Bild in einem Satz.", "Ist das ein Hund oder eine Katze?", "Quel animal est-ce ?"),
    *("Décrivez cette image en une phrase.", "¿Qué animal es este?", "Describe esta imagen en pocas palabras."),
)


@pytest.mark.parametrize("asked", DETAILS)
def test_a_picture_that_is_looked_at_closely_stays_whole(asked: str) -> None:
    assert not looks_at(asked)
    assert not looks_at("What animal is this?", asked)
    assert not looks_at(asked, "What animal is this?")
    assert not looks_at(f"What animal is this? {asked}x")


@pytest.mark.parametrize("asked", GIST)
def test_its_gist_is_seen_in_low_detail(asked: str) -> None:
    assert looks_at(asked)


def test_instructions_tools_and_results_keep_pictures_whole() -> None:
    user: dict[str, object] = {"role": "user", "content": [{"type": "text", "text": "What animal is this?"}, PICTURE]}
    assert optimized([user]).gist
    assert not optimized([user], tools=True).gist
    for role in ("system", "developer"):
        assert not optimized([{"role": role, "content": "Answer politely."}, user]).gist
    call = {"id": "c", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    loop: list[dict[str, object]] = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": [PICTURE]},
    ]
    assert not optimized([user, *loop]).gist


# What a caller of a tool has to have right, in descriptions as people write them.
WRITTEN = (
    "The date in the format YYYY-MM-DD.",
    "The code of the airport, for example 'JFK' or 'SEA'.",
    "The path of the file, such as `/tmp/a.txt`; never a directory of the system.",
    "One of the following: 'open', 'closed', 'on hold'.",
    "The amount in cents of the price of the order, at most 100000 of them.",
    "Must match ^[A-Z]{3}$ of the standard.",
    "Do not use the tool for the customers of another account.",
    "The text is written to the file exactly as it is given, with the trailing line feed of the file.",
    "Der Name des Kunden, wie er in der Rechnung steht.",
    "Le nom du client, tel qu'il figure sur la facture de la commande.",
    "客户的姓名，与订单发票上的一致。",
    "An object with the fields {id, name, state} of the ticket.",
    "The URL of the page: https://example.com/the/page of the shop.",
    "A number n; the value of a is added to the value of b in the database of the shop.",
)
_SMALL = frozenset(("the", "a", "an", "please", "that", "in", "order"))
_WORDS = re.compile(r"\w+|[^\w\s]")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_description_loses_only_small_words(text: str) -> None:
    (after,) = optimized([{"role": "user", "content": "Hi"}], definitions=(text,)).definitions or ("",)
    left = iter(_WORDS.findall((after or text).lower()))
    following = next(left, None)
    for word in _WORDS.findall(text.lower()):
        if word == following:
            following = next(left, None)
        else:
            assert word in _SMALL, (word, after)
    assert following is None
    for kept in re.findall(r"'[^']*'|`[^`]*`|\d+|\bnot\b|\bnever\b|\bat most\b", text):
        assert kept in (after or text)


@pytest.mark.parametrize("tools", [AIRLINE, CODING, SHOP], ids=["airline", "coding", "shop"])
def test_definitions_keep_all_but_small_words_of_their_descriptions(tools: list[dict[str, object]]) -> None:
    raw = msgspec.Raw(msgspec.json.encode(tools))
    texts = tuple(descriptions(raw))
    reply = optimized([{"role": "user", "content": "Hi"}], definitions=texts)
    shorter = {before: after for before, after in zip(texts, reply.definitions, strict=True) if after}
    assert shorter
    after = described(raw, lambda text: shorter.get(text, text))
    back = {after: before for before, after in shorter.items()}
    assert msgspec.json.decode(described(after, lambda text: back.get(text, text))) == tools
    again = optimized([{"role": "user", "content": "Hi"}], definitions=tuple(descriptions(after)))
    assert again.definitions == ()


def test_every_turn_has_the_same_definitions() -> None:
    texts = tuple(descriptions(msgspec.Raw(msgspec.json.encode(AIRLINE))))
    talk: list[dict[str, object]] = [{"role": "user", "content": "Change my flight."}]
    found = set()
    for turn in range(4):
        found.add(optimized(talk, definitions=texts, tools=True).definitions)
        talk += [
            {"role": "assistant", "content": "Which?"},
            {"role": "user", "content": f"The {turn}th one, HAT00{turn}."},
        ]
    fresh = Optimizer(LIKENESS, cache_bytes=4_000_000)
    request = OptimizeRequest(model="gpt-4o", messages=msgspec.Raw(b"[]"), settings=ON, definitions=texts)
    assert found == {fresh.answer(request).definitions}


SIMPLE = "What is the capital of Norway?"
HARD = (
    "Prove that there is no rational number whose cube is 2.",
    "Beweise, dass keine rationale Zahl die dritte Potenz 2 hat.",
    "证明不存在立方等于2的有理数。",
    "Démontre qu'aucun nombre rationnel n'a 2 pour cube.",
    "Докажи, что корень из двух иррационален.",
    "Find the race condition in this queue and rewrite it without locks, keeping every message in order.",
)


def simple(*said: tuple[str, str], **more: object) -> bool:
    return ask(*said, conversation_judged=True, **more).simple  # type: ignore[arg-type]


def test_a_simple_conversation_stays_simple() -> None:
    talk = [("user", SIMPLE), ("assistant", "Oslo."), ("user", "Thanks!"), ("assistant", "Welcome.")]
    assert simple(talk[0])
    assert simple(*talk[:3])
    assert simple(*talk, ("user", "What is the capital of Sweden?"))
    assert not ask(talk[0]).simple, "nobody has asked"


@pytest.mark.parametrize("hard", HARD)
def test_anything_hard_ends_it_for_good(hard: str) -> None:
    assert not simple(("user", hard))
    then = [("user", SIMPLE), ("assistant", "Oslo."), ("user", hard)]
    assert not simple(*then)
    assert not simple(*then, ("assistant", "Done."), ("user", SIMPLE))
    assert not simple(("system", f"{hard} {hard}"), ("user", hard[:12]))


def test_tools_that_write_and_pinned_loops() -> None:
    assert simple(("user", SIMPLE), tools=("get_capital",))
    assert not simple(("user", SIMPLE), tools=("delete_account",))
    assert simple(("user", SIMPLE), pinned="claude-opus")
    assert simple(("user", SIMPLE), cost_quality=1.0) == simple(("user", SIMPLE), cost_quality=0.0)
