"""No answer for another question, in whatever language it is asked and whatever hides in it: the real service and model."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.contracts.cache import LOOKUP_SEMANTIC, STORE, CacheHit, CacheMiss, SemanticLookup
from services.cache import answers
from services.cache.app import create_app
from services.cache.settings import CacheSettings
from tests.integration.cache.conftest import answer_for

OTHERS = [
    # Scripts that the model knows nothing of, or a few letters.
    ("如何打开防火墙？", "如何关闭防火墙？"),
    ("飯前に飲む", "飯後に飲む"),
    ("방화벽 켜기", "방화벽 끄기"),
    ("เปิดไฟ", "ปิดไฟ"),
    ("افتح الباب", "أغلق الباب"),
    ("פתח דלת", "סגור דלת"),
    ("दरवाज़ा खोलो", "दरवाज़ा बंद करो"),
    ("Как включить брандмауэр?", "Как выключить брандмауэр?"),
    ("Άνοιξε την πόρτα", "Κλείσε την πόρτα"),
    ("ბოლო კარი", "პირველი კარი"),
    # Latin letters, too short for any grammar, with accents and without.
    ("Tür öffnen", "Tür schließen"),
    ("fenster auf", "fenster zu"),
    ("Ouvrir porte", "Fermer porte"),
    ("Abrir puerta", "Cerrar puerta"),
    ("Otwórz drzwi", "Zamknij drzwi"),
    ("kapiyi ac", "kapiyi kapat"),
    ("mo cua", "dong cua"),
    ("Buka pintu", "Tutup pintu"),
    ("Fungua mlango", "Funga mlango"),
    ("phone on kaise kare", "phone off kaise kare"),
    ("Deschide usa", "Inchide usa"),
    ("Nyisd ki az ajtót", "Csukd be az ajtót"),
    ("Avaa ovi", "Sulje ovi"),
    ("Is goud duur?", "Is zilver duur?"),
    # Case and accents that tell words apart.
    ("Wie heißen Sie?", "Wie heißen sie?"),
    ("¿Cuántos años tiene?", "¿Cuántos anos tiene?"),
    # English around something else.
    ("How do I 打开 the firewall?", "How do I 关闭 the firewall?"),
    ("What does включить mean?", "What does выключить mean?"),
    ('Translate "buka pintu" to English', 'Translate "tutup pintu" to English'),
    ("Can I reply with 👍 to a customer?", "Can I reply with 👎 to a customer?"),
    ("What is x² for x = 3?", "What is x³ for x = 3?"),
    # One word of sixty letters and more is [UNK], whatever is in it.
    (f"What does {'ab' * 60} mean?", f"What does {'cd' * 60} mean?"),
]
NEIGHBOURS = [
    ("How do I configure inbound traffic rules?", "How do I configure outbound traffic rules?"),
    ("Is that audio format lossy?", "Is that audio format lossless?"),
    ("How do I include hidden files?", "How do I exclude hidden files?"),
    ("What is prednisone used for?", "What is prednisolone used for?"),
    ("Is clonidine safe for children?", "Is clozapine safe for children?"),
    ("How is hypothermia treated?", "How is hyperthermia treated?"),
    ("What does section 6 of the act say?", "What does section 6a of the act say?"),
    ("Who is the president of Kenya?", "Who is the vice president of Kenya?"),
    ("Who is the director of the fund?", "Who is the acting director of the fund?"),
    ("Which companies use Kafka?", "Which companies are used by Kafka?"),
    ("How do I draw a plan?", "How do I draw a plane?"),
]
HIDING = ["\u200b", "\u2060", "\ufe0f", "\u202e", "\U000e0041", "\u00ad", "\ue000", "\u3164"]
OWN = [
    ("What did I order?", "what did I order"),
    ("Who is my manager?", "Who's my manager?"),
    ("Is our contract still valid?", "is our contract still valid"),
    ("What is in these files?", "What's in these files?"),
    ("Summarize this page", "summarise this page"),
    ("What was the last error?", "what was the last error"),
    ("What do you see here?", "what do you see here"),
    ("Where did she meet me?", "where did she meet me"),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, model_dir: Path) -> CacheSettings:
    return CacheSettings(model_dir=str(model_dir), cache_dir=str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
async def bus(settings: CacheSettings) -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    async with create_app(settings, bus):
        yield bus


async def served(bus: MemoryBus, stored: str, asked: str) -> CacheHit | CacheMiss:
    """What one question gets where only the other one was answered."""
    scope = f"{stored}\n{asked}"
    await bus.call(STORE, answer_for(scope=scope, fingerprint=scope, query=stored))
    lookup = SemanticLookup(org_id="org_a", scope=scope, query=asked, threshold=0.8)
    return await bus.call(LOOKUP_SEMANTIC, lookup, budget_ms=20_000)


async def test_another_question_gets_no_answer_in_any_language(bus: MemoryBus) -> None:
    wrong = [pair for pair in OTHERS + NEIGHBOURS for one, other in (pair, pair[::-1])
             if isinstance(await served(bus, one, other), CacheHit)]  # fmt: skip
    assert wrong == []


async def test_a_repeat_of_the_normal_form_does(bus: MemoryBus) -> None:
    for one, _ in OTHERS:
        found = await served(bus, one, f"  {one[0].lower()}{one[1:].rstrip('?？')} ")
        assert isinstance(found, CacheHit), one
        assert found.similarity == 1.0


async def test_hidden_signs_are_for_exact_repeats_only(bus: MemoryBus) -> None:
    for sign in HIDING:
        poisoned = f"What is the capital of France?{sign}"
        assert await served(bus, poisoned, "What is the capital of France?") == CacheMiss()
        assert await served(bus, "What is the capital of France?", poisoned) == CacheMiss()
        assert await served(bus, poisoned, poisoned) == CacheMiss()


async def test_what_the_asker_owns_did_or_sees_is_too(bus: MemoryBus) -> None:
    for one, other in OWN:
        assert await served(bus, one, other) == CacheMiss(), one


async def test_many_texts_of_one_script_do_not_hide_the_repeat(bus: MemoryBus) -> None:
    """To the model they are one and the same row of unknown tokens."""
    for number in range(40):
        query = f"ປະຕູ{chr(0xE81 + number % 4)}{chr(0xE94 + number // 4)}"
        await bus.call(STORE, answer_for(scope="lao", fingerprint=query, query=query, request_id=query))
    query = f"ປະຕູ{chr(0xE81)}{chr(0xE94)}"
    found = await bus.call(LOOKUP_SEMANTIC, SemanticLookup(org_id="org_a", scope="lao", query=query, threshold=0.8))
    assert isinstance(found, CacheHit)
    assert found.request_id == query


async def test_a_verifier_that_fails_is_a_miss_of_its_own_kind(bus: MemoryBus, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(one: str, other: str) -> None:
        raise KeyError("a word nobody thought of")

    monkeypatch.setattr(answers, "judge", broken)
    counted = answers.LOOKUPS.labels("semantic", "verifier_failed")
    before = counted._value.get()
    found = await served(bus, "What is tin?", "what is tin")
    assert found == CacheMiss(verifier_failed=True)
    assert msgspec.json.decode(msgspec.json.encode(found), type=CacheMiss).vetoes == ()
    assert counted._value.get() == before + 1
