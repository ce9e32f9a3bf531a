"""A prompt is judged in the language it is written in; in one without word lists nobody judges, and nothing moves."""

import pytest

from tests.damage.router_asking import ask

SIMPLE = (
    *("What is the capital of Norway?", "Wie heißt die Hauptstadt von Norwegen?", "¿Cuál es la capital de Noruega?"),
    *(
        "Quelle est la capitale de la Norvège ?",
        "挪威的首都是哪里？",
        "नॉर्वे की राजधानी क्या है?",
        "ノルウェーの首都はどこですか？",
    ),
    *("Übersetze ins Französische: Guten Abend.", "Traduce al francés: Buenas noches.", "翻译成英文：晚上好。"),
)
COMPLEX = (
    *(
        "Prove that there is no rational number whose cube is 2.",
        "Beweise, dass keine rationale Zahl die dritte Potenz 2 hat.",
    ),
    *(
        "Demuestra que no hay ningún número racional cuyo cubo sea 2.",
        "Démontre qu'aucun nombre rationnel n'a 2 pour cube.",
    ),
    *(
        "证明不存在立方等于2的有理数。",
        "सिद्ध करो कि ऐसी कोई परिमेय संख्या नहीं है जिसका घन 2 हो।",
        "3乗して2になる有理数が存在しないことを証明せよ。",
    ),
)
OTHERS = (
    *(
        "Какой город столица Норвегии?",
        "Qual é a capital da Noruega?",
        "Qual è la capitale della Norvegia?",
        "노르웨이의 수도는 어디입니까?",
    ),
    *(
        "ما هي عاصمة النرويج؟",
        "เมืองหลวงของนอร์เวย์คือที่ไหน",
        "Jaka jest stolica Norwegii?",
        "Wat is de hoofdstad van Noorwegen?",
    ),
    *(
        "Докажи, что корень из двух иррационален.",
        "Norveç'in başkenti neresidir?",
        "Πρωτεύουσα της Νορβηγίας;",
        "Thủ đô của Na Uy là gì?",
    ),
)


@pytest.mark.parametrize("prompt", SIMPLE)
def test_what_can_be_looked_up_is_simple(prompt: str) -> None:
    assert ask(("user", prompt)).model == "claude-haiku"


@pytest.mark.parametrize("prompt", COMPLEX)
def test_a_proof_stays(prompt: str) -> None:
    reply = ask(("user", prompt))
    assert (reply.model, reply.tier) == ("claude-opus", "complex")


@pytest.mark.parametrize("prompt", OTHERS)
def test_other_languages_keep_their_model(prompt: str) -> None:
    reply = ask(("user", prompt))
    assert (reply.model, reply.reason) == ("claude-opus", "abstained")


BETWEEN = (
    "Our service loses messages after a rebalance of the consumers. We use a cluster of five, with two replicas. I would like to"
    " know the root cause, and a design that keeps throughput without a lock. Last week we migrated the database, and since then"
    " the latency doubled under load. The team compared two ways to partition the data and could not agree. Nobody knows why the"
    " retries happen twice. "
)


@pytest.mark.parametrize("times", [1, 2, 4])
def test_work_between_courtesies_is_not_small_talk(times: int) -> None:
    for before, after in (
        ("Hello! I hope you are well. ", "Thank you and have a nice day!"),
        ("Hi there. ", "Bye, see you!"),
    ):
        assert ask(("user", before + BETWEEN * times + after)).tier != "simple"
