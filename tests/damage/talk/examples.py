"""Prompts that teach by example: pairs before the real question, each of which has to be there."""

from dataclasses import dataclass

from tests.damage.asking import Messages, assistant, system, user

Pair = tuple[str, str]


@dataclass(frozen=True)
class Examples:
    """The pairs, the real question, and the instructions if there are any."""

    name: str
    pairs: tuple[Pair, ...]
    question: str
    instructions: str | None = None

    def messages(self) -> Messages:
        """As chat messages."""
        head = [] if self.instructions is None else [system(self.instructions)]
        pairs = [message for asked, answer in self.pairs for message in (user(asked), assistant(answer))]
        return [*head, *pairs, user(self.question)]

    def in_instructions(self) -> Messages:
        """The same examples written into the instructions."""
        written = "\n\n".join(f"Input: {asked}\nOutput: {answer}" for asked, answer in self.pairs)
        return [system(f"{self.instructions or 'Go by the examples.'}\n\n{written}"), user(self.question)]


def _pairs(text: str) -> tuple[Pair, ...]:
    """Lines of `question => answer`; `/` stands for a line break."""
    rows = (line.partition(" => ") for line in text.strip().split("\n"))
    return tuple((asked.strip().replace(" / ", "\n"), answer.strip().replace(" / ", "\n")) for asked, _, answer in rows)


EXAMPLES: tuple[Examples, ...] = (
    Examples("sentiment", _pairs("""
        The room was cold and nobody came. => negative
        Breakfast was a joy, and so was the view. => positive
        It has a door and a window. => neutral
        I would not send my worst enemy there. => negative
        We came back twice in one summer. => positive
        The lift works. => neutral
        """), "The walls were thin but the soup made up for it.", "Classify hotel reviews."),
    Examples("support routing", _pairs("""
        My parcel says delivered but is not here => SHIPPING
        I was charged twice in March => BILLING
        The app closes when I press save => BUG
        Can you add a dark theme? => FEATURE
        How do I change my address? => ACCOUNT
        The code that you sent does not arrive => ACCOUNT
        The invoice lacks our tax number => BILLING
        """), "I paid but the basket is still full"),
    Examples("extraction to JSON", _pairs("""
        Meet Selma Varga at the depot on 3 May at 14:00. => {"who": "Selma Varga", "where": "depot", "when": "05-03T14:00"}
        Oskar calls on Monday. => {"who": "Oskar", "where": null, "when": "Monday"}
        Lunch in Tilbrook with Ruth and Bram, 12:30 => {"who": ["Ruth", "Bram"], "where": "Tilbrook", "when": "12:30"}
        Nothing on Friday. => {"who": null, "where": null, "when": null}
        """), "Yara brings the keys to Pexton at nine.", "Give JSON with who, where, when. Use null where it is not said."),
    Examples("translation", _pairs("""
        The bridge is closed. => Die Brücke ist gesperrt.
        Two tickets, please. => Zwei Karten, bitte.
        Where is the ferry? => Wo ist die Fähre?
        I lost my key. => Ich habe meinen Schlüssel verloren.
        """), "The kettle is on the stove."),
    Examples("SQL", _pairs("""
        How many orders are open? => SELECT COUNT(*) FROM orders WHERE state = 'open';
        Names of customers in Lund Ferry => SELECT name FROM customers WHERE town = 'Lund Ferry';
        Total of each depot => SELECT depot_id, SUM(total) FROM orders GROUP BY depot_id;
        The five dearest orders => SELECT * FROM orders ORDER BY total DESC LIMIT 5;
        """), "Customers without an order", "Tables: orders(id, customer_id, depot_id, state, total), customers(id, name, town)."),
    Examples("number words", _pairs("""
        7 => seven
        12 => twelve
        40 => forty
        101 => one hundred and one
        99 => ninety-nine
        1000 => one thousand
        13 => thirteen
        80 => eighty
        15 => fifteen
        70 => seventy
        61 => sixty-one
        200 => two hundred
        18 => eighteen
        31 => thirty-one
        5 => five
        """), "44"),
    Examples("emoji", _pairs("""
        rain => 🌧️
        a sleeping cat => 🐱💤
        birthday in winter => 🎂❄️
        """), "a train at night"),
    Examples("style", _pairs("""
        hey can u send the thing => Could you kindly send me the document?
        nope, too late => I am afraid that the deadline has passed.
        works 4 me => That suits me well.
        where r u => May I ask where you are at the moment?
        """), "no clue mate", "Rewrite as a polite letter would say it."),
    Examples("question and answer from a text", _pairs("""
        Text: The Kettle works opened in 1881. / Q: When did it open? => 1881
        Text: Maravel lies on the Ulm. / Q: On which river? => the Ulm
        Text: Ibsen sold the mill to Farrow. / Q: Who sold it? => Ibsen
        Text: The bridge is 90 m long. / Q: How wide is it? => not said
        """), "Text: The ferry leaves at six.\nQ: Who steers it?"),
    Examples("yes or no", _pairs("""
        Is 7 prime? => yes
        Is 9 prime? => no
        """), "Is 11 prime?"),
    Examples("spanish sentiment", _pairs("""
        El pan estaba duro. => malo
        Volveré con mi familia a la playa. => bueno
        Hay a la izquierda una puerta. => neutro
        No lo recomiendo a nadie. => malo
        Una noche a recordar. => bueno
        """), "La sopa estaba fría pero rica.", "Clasifica las opiniones."),
    Examples("french tenses", _pairs("""
        il mange => il a mangé
        elle part => elle est partie
        on a faim => on a eu faim
        nous lisons => nous avons lu
        """), "vous venez"),
    Examples("chinese classification", _pairs("""
        包裹还没有到 => 物流
        我被扣了两次钱 => 账单
        软件打不开 => 故障
        怎么改地址 => 账户
        """), "发票上没有税号", "请把客户的话分成四类。"),
    Examples("german plural", _pairs("""
        das Haus => die Häuser
        der Stuhl => die Stühle
        die Tür => die Türen
        das Kind => die Kinder
        der Ofen => die Öfen
        die Nacht => die Nächte
        """), "das Buch"),
    Examples("log lines", _pairs("""
        10:00:01 ERROR payment did not answer => {"level": "ERROR", "part": "payment"}
        10:00:01 ERROR payment did not answer => {"level": "ERROR", "part": "payment"}
        10:00:09 WARN queue almost full => {"level": "WARN", "part": "queue"}
        10:01:00 INFO cache cleared => {"level": "INFO", "part": "cache"}
        """), "10:02:11 ERROR depot door open"),
    Examples("commit messages", _pairs("""
        diff: renamed calc to sum in ledger.py => ledger: rename calc to sum
        diff: deleted unused import in queue.py => queue: drop an unused import
        diff: timeout 5 -> 10 in worker.py => worker: wait ten seconds, not five
        """), "diff: added a test for empty carts"),
    Examples("units", _pairs("""
        3 km => 3000 m
        2 h => 7200 s
        5 t => 5000 kg
        1 d => 86400 s
        0.5 l => 500 ml
        4 m => 4000 mm
        8 min => 480 s
        9 kg => 9000 g
        """), "7 cm", "Convert to the next smaller unit that we use."),
    Examples("names of variables", _pairs("""
        number of open orders => open_order_count
        when the parcel was sent => sent_at
        is the depot closed => depot_closed
        list of late parcels => late_parcels
        """), "the largest weight that is allowed"),
    Examples("spam", _pairs("""
        WIN a kettle now!!! => spam
        Your order A-1001 was sent. => ham
        Dear friend, I have 4 million => spam
        Lunch at one? => ham
        Cheap ferry tickets, click => spam
        The report is attached. => ham
        """), "You have won a parcel"),
    Examples("arithmetic with steps", _pairs("""
        3 boxes of 4 => 3 times 4 is 12. / Answer: 12
        20 less a quarter => A quarter of 20 is 5. / 20 - 5 is 15. / Answer: 15
        half of 18 and 2 => Half of 18 is 9. / 9 + 2 is 11. / Answer: 11
        """), "7 rows of 6, less 2"),
    Examples("labels with reasons", _pairs("""
        The lamp is broken. => complaint (something does not work)
        Do you ship to Brisset? => question (asks for a fact)
        Thank you, all is well. => praise (is glad)
        Where is the nearest depot? => question (asks for a fact)
        The box was wet. => complaint (something does not work)
        """), "I like the new boxes."),
)  # fmt: skip

_ASKED = (
    "Why did you put it like that? I had thought that another answer would be just as good, given what the first of them says.",
    "I see. And how sure are you about it? My colleague in {town} reads it in another way and I have to tell her something.",
    "What would change if the text were twice as long, say with a second thought that goes the other way?",
    "Fine. Can you tell me in two or three sentences how I should explain that to somebody who is new here?",
    "Is there a case in which you would refuse to answer at all? I would like to hear one that happens in practice.",
    "All right. Before we stop: which of all of these was the hardest for you, and what made it so?",
)
_FIRST = (
    "Because the weight lies on the second half of the sentence. What comes after the turn is what stays in mind, and the "
    "first half only prepares it. A reader in {town} might see that otherwise, which is why I would add a note."
)
_SECOND = (
    "Fairly sure, though not entirely so. There are two readings, and the one that I chose needs fewer assumptions about "
    "what the writer knew. If you tell me more about where it comes from, I can say more."
)
_THIRD = (
    "Then I would look at each thought by itself and put the stronger one first. Length as such does not change the answer, "
    "but a second thought that goes the other way would."
)
_ANSWERED = (_FIRST, _SECOND, _THIRD)
_TOWNS = ("Harlow Venn", "Ostmark", "Tilbrook", "Carrow", "Pexton")


def talk_after(turns: int) -> Messages:
    """A real conversation: long turns of a person who thinks aloud."""
    messages: Messages = []
    for i in range(turns):
        town = _TOWNS[i % len(_TOWNS)]
        messages.append(assistant(f"({i + 1}) {_ANSWERED[i % len(_ANSWERED)].format(town=town)}"))
        messages.append(user(f"{_ASKED[i % len(_ASKED)].format(town=town)} That is my point number {i + 1}."))
    return messages


def followed(examples: Examples, turns: int) -> Messages:
    """The examples, the real question and its answer, and a long conversation after them."""
    first = examples.pairs[-1][1]
    return [
        *examples.messages(),
        assistant(first),
        user("Thanks, but I would like to understand that."),
        *talk_after(turns),
    ]
