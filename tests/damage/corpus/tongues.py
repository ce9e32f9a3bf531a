"""Prose in other languages than English, some of whose words are spelled like English articles and fillers; and prose with code."""

from tests.damage.corpus.words import TOWNS, Dice

_GERMAN = (
    "Der Zug fährt an den Werktagen um {n} Uhr ab und hält an der alten Brücke von {town}.",
    "Bitte prüfen Sie vor der Zahlung die Rechnung {code}, an die die Mahnung geheftet war.",
    "An dem Tag, an dem {person} kam, war die Tür an der Seite offen.",
    "Die Firma hat {n} Mitarbeiter, die an neuen Geräten in {town} lernen.",
    "Wir bitten Sie, den Antrag {code} bis zum {n}. des Monats an das Amt zu senden.",
)
_FRENCH = (
    "Il y a {n} ans que {person} a quitté la ville de {town}.",
    "On a vu le bateau {code} qui a coulé près de {town}, et la mer a tout repris.",
    "La cliente {person} a payé {n} euros, mais elle a perdu le reçu.",
    "Le directeur {person} a an après an promis la même chose.",
    "Veuillez vérifier que la commande {code} a été livrée avant la fin du mois.",
)
_SPANISH = (
    "Voy a la estación de {town} a las {n} y vuelvo a casa a pie.",
    "{person} fue a {town} a ver a su madre, a pesar de la lluvia.",
    "En {town}, de {n} a {n} personas esperan a la puerta a diario.",
    "Gracias a la ayuda de {person}, el proyecto {code} llega a su fin.",
    "Le pido a usted que envíe a tiempo los documentos {code} a la oficina.",
)
_CHINESE = (
    "请在{n}号之前把文件交到{town}的办公室。",
    "{person}昨天买了{n}本书，今天又退了一本。",
    "如果{n}号天气不好，去{town}的船就不开，大家都要等到第二天。",
    "{town}的这座桥建于{n}年前，现在每天有很多人走过。",
)
_PORTUGUESE = (
    "Vou a {town} as {n} horas e volto a noite a casa.",
    "A carta {code} que a {person} mandou a loja chegou a tempo.",
    "A partir de amanhã, a loja de {town} abre as {n} e fecha a meia-noite.",
    "Peço a todos que leiam a nota {code} antes de pagar a conta.",
)


def _text(patterns: tuple[str, ...], dice: Dice, lines: int, joint: str) -> str:
    out: list[str] = []
    while len(out) < lines:
        chosen = dice.sample(patterns, min(len(patterns), dice.randint(2, 4)))
        told = (
            one.format(n=dice.randint(2, 990), town=dice.one(TOWNS), person=dice.person(), code=dice.code())
            for one in chosen
        )
        # A sentence said twice may go from instructions, so none is.
        out.append(joint.join(sentence for sentence in told if sentence not in "\n".join(out)))
        out += [""] * dice.randint(0, 1)
    return "\n".join(out) + "\n"


def german(dice: Dice, lines: int) -> str:
    """ "an" is a preposition, "die" an article."""
    return _text(_GERMAN, dice, lines, " ")


def french(dice: Dice, lines: int) -> str:
    """ "a" is a verb, "an" a year."""
    return _text(_FRENCH, dice, lines, " ")


def spanish(dice: Dice, lines: int) -> str:
    """ "a" is a preposition."""
    return _text(_SPANISH, dice, lines, " ")


def portuguese(dice: Dice, lines: int) -> str:
    """ "a" is an article and a preposition, "as" an article."""
    return _text(_PORTUGUESE, dice, lines, " ")


def chinese(dice: Dice, lines: int) -> str:
    """Sentences without blanks."""
    return _text(_CHINESE, dice, lines, "")


def prose_and_code(dice: Dice, lines: int) -> list[str]:
    """Paragraphs and code in turn, without fences; the code's blocks are what has to stay as it is."""
    blocks: list[str] = []
    count = 0
    while count < lines:
        name = dice.name()
        code = (
            f"def {name}(env, problem, output_dir=None, retry=True, **kwargs):\n"
            f'    """{dice.sentence()}"""\n'
            f'    entry = {{"kind": "{dice.noun()}",  "on": [1, 2]}}\n'
            f"    return entry if retry else 2 ** {dice.randint(2, 9)}"
        )
        call = f"    $ python -m {name}  --since   yesterday\n    done in {dice.randint(1, 99)} s"
        blocks += [
            f"{dice.type()} is what we call it. {dice.sentence()}",
            code,
            f"It is called like this, see {dice.code()}:",
            call,
        ]
        count += 10
    return blocks
