"""A conversation keeps its model: what only confirms, continues, corrects or answers decides nothing, in any language."""

import itertools

import pytest

from tests.damage.router_asking import ask

HARD = {
    "en": "Implement a lock-free MPMC queue in C11 with hazard pointers, and prove that it is linearizable.",
    "de": "Implementiere eine sperrfreie Warteschlange in C11 mit Hazard Pointern und beweise, dass sie linearisierbar ist.",
    "es": "Demuestra que la raíz cuadrada de 11 es irracional y generaliza la demostración a todos los primos.",
    "fr": "Démontre que toute suite de Cauchy de nombres réels converge, et justifie chaque étape.",
    "zh": "用C11实现一个无锁的多生产者多消费者队列，并证明它是可线性化的。",
    "hi": "सिद्ध करो कि अभाज्य संख्याएँ अनंत हैं और हर चरण का तर्क दो।",
    "ja": "ロックフリーのMPMCキューをC11で実装し、線形化可能であることを証明してください。",
}
EASY = "What is the capital of France?"
REPLIES = (
    "Step 1 of 3: the node and the hazard pointer records … Shall I go on with enqueue and the proof?",
    "Here is the first part.",
    "I found four ways to do it. Which one do you want?\n1. with hazard pointers\n2. with epochs\n3. with RCU\n4. with tags",
)
SHORT = (
    *("yes, go on", "yes", "y", "ok do all of them", "cancel all of them", "go ahead", "please continue", "sure, both"),
    *("no, the second one", "the former", "all of the above", "not that one", "make it shorter", "try again", "next"),
    *("2", "2.", "b)", "1 and 3", "👍", "...", "C++", "thanks!", "Thanks, that helps", "stop", "wait, wrong file"),
    *("ja, mach weiter", "nein, die zweite", "alle bitte", "ja, alle stornieren", "genau so", "weiter", "passt, danke"),
    *("sí, todas", "no, la segunda", "sigue por favor", "cancela todas", "vale, adelante", "continúa", "otra vez"),
    *("oui, continue", "non, la deuxième", "annule tout", "d'accord, vas-y", "toutes les deux", "encore une fois"),
    *("好的，继续", "全部取消", "第二个", "是的", "不对，再来一次", "可以", "两个都要"),
    *("हाँ, आगे बढ़ो", "सब रद्द करो", "नहीं, दूसरा वाला", "ठीक है", "जारी रखो"),
    *("はい、続けてください", "全部キャンセルして", "二番目で", "お願いします", "いいえ、違います", "もう一度"),
    *(
        "да, продолжай",
        "sim, todas",
        "evet, devam et",
        "نعم، أكمل",
        "ใช่ ทำต่อ",
        "네, 계속하세요",
        "tak, dalej",
        "sì, tutte",
    ),
)


@pytest.mark.parametrize("short", SHORT)
def test_hard_work_stays_with_its_model(short: str) -> None:
    for task, reply in itertools.product(HARD.values(), REPLIES):
        kept = ask(("user", task), ("assistant", reply), ("user", short))
        assert kept.model == "claude-opus", (task, reply)


@pytest.mark.parametrize("short", SHORT)
def test_it_stays_there_for_the_rest_of_a_long_conversation(short: str) -> None:
    talk = [("user", HARD["en"])]
    for reply in REPLIES * 3:
        talk += [("assistant", reply), ("user", short)]
        assert ask(*talk).model == "claude-opus"


@pytest.mark.parametrize(
    "short", ["yes, go on", "ja, mach weiter", "sí, todas", "好的，继续", "2", "👍", "да", "the first one"]
)
def test_what_was_easy_stays_where_it_is_too(short: str) -> None:
    assert ask(("user", EASY), ("assistant", "Paris. Shall I tell you more?"), ("user", short)).model == "claude-haiku"


@pytest.mark.parametrize("task", HARD.values(), ids=HARD)
def test_a_hard_task_after_small_talk_goes_up(task: str) -> None:
    for opening, reply in (
        ("Hi!", "Hello! How can I help?"),
        ("Can you help me?", "Sure. With what?"),
        (EASY, "Paris."),
    ):
        assert ask(("user", opening), ("assistant", reply), ("user", task)).model == "claude-opus"


def test_after_a_small_question_in_between_the_work_goes_on_with_its_model() -> None:
    talk = [("user", HARD["en"]), ("assistant", "Here is the first part."), ("user", EASY), ("assistant", "Paris.")]
    for short in ("yes, go on", "ok, back to the queue: continue", "2", "好的，继续"):
        assert ask(*talk, ("user", short)).model == "claude-opus"


def test_a_long_warm_conversation_is_not_left_for_a_small_saving() -> None:
    """A hundred thousand tokens that the provider has at a tenth of the price cost more to read anew."""
    material = "The ship left the harbour in the morning and came back at night. " * 6_000
    talk = [("user", f"{HARD['en']}\n\n{material}"), ("assistant", "Here is the first part."), ("user", EASY)]
    assert ask(*talk, model="claude-opus-4-8", prefix_marked=True).model == "claude-opus-4-8"


def test_the_same_messages_are_decided_alike() -> None:
    """Nothing is remembered: each turn is decided from the messages alone, and agrees with what was decided before."""
    talk = [("user", EASY), ("assistant", "Paris."), ("user", HARD["en"]), ("assistant", REPLIES[0]), ("user", "yes")]
    assert [ask(*talk[:n]).model for n in (1, 3, 5)] == ["claude-haiku", "claude-opus", "claude-opus"]
    assert ask(*talk) == ask(*talk)


@pytest.mark.parametrize("model", ["claude-opus-5-5", "gpt-6-sol", "gpt-5.5", "gemini-3.1-pro-preview", "gpt-4o"])
def test_whatever_model_was_asked_for(model: str) -> None:
    for short in ("yes, go on", "cancel all of them", "2", "ja, mach weiter"):
        assert ask(("user", HARD["en"]), ("assistant", REPLIES[0]), ("user", short), model=model).model == model


def test_a_task_in_a_language_that_nobody_reads_is_no_consent() -> None:
    for task in (
        "จงพิสูจน์ว่ารากที่สองของสองเป็นจำนวนอตรรกยะพร้อมแสดงเหตุผลทุกขั้นตอนอย่างละเอียด",
        "Докажите, что корень из двух иррационален, и обобщите доказательство на все простые числа.",
        "소수가 무한히 많다는 것을 증명하고 각 단계의 근거를 자세히 설명해 주세요. 그리고 일반화하세요.",
    ):
        assert ask(("user", "Hi!"), ("assistant", "Hello!"), ("user", task)).model == "claude-opus"


def test_a_conversation_too_long_to_go_through_stays_with_the_requested_model() -> None:
    talk = [("user", EASY)]
    for n in range(70):
        talk += [("assistant", "Done."), ("user", f"What is the capital of country number {n}?")]
    assert ask(*talk[:21]).model == "claude-haiku"
    assert ask(*talk).model == "claude-opus"


def test_a_picture_without_words_goes_up() -> None:
    assert ask(("user", EASY), ("assistant", "Paris."), ("user", "")).model == "claude-opus"
