"""What a shop's assistant is told, asked and given by its order system."""

import json

from bench.optimizer.data import Messages
from tests.damage.asking import assistant, call, result, user
from tests.damage.corpus.words import TOWNS, Dice

_RULES = (
    "A {noun} can be sent back within {n} days, provided that it is {adjective} and that the customer still has the label.",
    "Please make sure that you look up the {noun} before you answer, and never guess its number.",
    "In order to change the {noun} of an order, ask for the number of the order and for the e-mail address first.",
    "If the {noun} is {adjective}, offer a voucher of {n} euros; do not offer it unless the customer complains.",
    "Refunds go to the original payment method within {n} working days.",
    "It is important to note that orders from {town} are sent from another depot and take {n} days longer.",
    "Do not discuss the {noun}s of other customers, even where they share an address.",
    "Prior to a refund of more than {n} euros, hand over to a person with a short summary.",
    "Answer in the language of the customer, in at most {n} sentences, without marketing phrases.",
    "Where two rules contradict each other, follow the one that is kinder to the customer, and say so in the summary.",
)
_HEADS = ("Orders", "Returns", "Payments", "Addresses", "Complaints", "Tone", "Handing over", "Parcels", "Vouchers")
_WANTED = (
    "Hello, where is my {noun}? I ordered it on {date}.",
    "I would like to send the {noun} back, it is {adjective}.",
    "Can you change the address of {code} to 12 Mill Lane, {town}?",
    "Why was I charged {amount} for the {noun}?",
    "Yes, please do that.",
    "No, the other one. The one with the {adjective} {noun}.",
    "And when will the {noun} be here?",
    "My e-mail is {first}@example.com, the order is {code}.",
)
_SAID = (
    "I am sorry about that. Could you give me the number of the order and your e-mail address?",
    "Order {code} was sent on {date} and will be in {town} within two days.",
    "I have found it: one {noun}, {amount} euros, paid by card. Shall I pay it back?",
    "That is done. You will get an e-mail about the {noun} shortly.",
    "The {noun} is {adjective} at the moment; it will be back on {date}.",
)
_ASKED = (
    "What does {name} do, and why is there a {noun} in it?",
    "Could you find the mistake? It fails for every {adjective} {noun}.",
    "How would you make {name} faster without a second {noun}?",
    "OK. And is it safe when two of them run at once?",
    "Write a test for the {adjective} case, please.",
    "Thanks. What does the third line mean?",
)
_GOES_THROUGH = (
    "It goes through each {noun} and keeps those that are {adjective}. The {noun} is needed because {name} may be called "
    "before it is there. You could leave it out if the caller made sure of that.\n\n```python\n{name}(limit={n})\n```"
)
_MISTAKE = (
    "The mistake is in the condition: it should ask whether the {noun} is {adjective}, not whether it is there at all. "
    "Change it to `{name} is not None` and the {adjective} case works."
)
_SLOW = (
    "Two things cost time: the {noun} is read {n} times, and each time it is parsed anew. Keep it in a variable and pass it "
    "to `{name}`. That makes it about {n} times as fast."
)
_EXPLAINED = (_GOES_THROUGH, _MISTAKE, _SLOW)


def policy(dice: Dice, rules: int) -> str:
    """Instructions under heads, as long as they are in practice."""
    out = ["You are the assistant of Tallyho, a shop for lamps, kettles and ferry tickets.", ""]
    for i in range(rules):
        if i % 6 == 0:
            out += ["", f"## {dice.one(_HEADS)} {i // 6 + 1}", ""]
        out.append(f"- {_filled(dice.one(_RULES), dice)}")
    return "\n".join(out)


def conversation(dice: Dice, turns: int, *, tools: bool) -> Messages:
    """Turns of a customer's and answers, with look-ups between them where there are tools."""
    messages: Messages = []
    for turn in range(turns):
        messages.append(user(_filled(dice.one(_WANTED), dice)))
        for step in range(dice.randint(0, 2) if tools else 0):
            identity = f"call_{turn}_{step}"
            messages += [call(identity, *_looked_up(dice)), result(identity, record(dice))]
        messages.append(assistant(_filled(dice.one(_SAID), dice)))
    return [*messages, user(_filled(dice.one(_WANTED), dice))]


def record(dice: Dice) -> str:
    """An order or a list of orders, pretty-printed or not, as order systems answer."""
    orders = [_order(dice) for _ in range(dice.choice((1, 1, 1, 4, 9)))]
    return json.dumps(orders[0] if len(orders) == 1 else orders, indent=dice.choice((None, None, 2)))


def asked(dice: Dice) -> str:
    """A question of somebody who programs."""
    return _filled(dice.one(_ASKED), dice)


def explained(dice: Dice) -> str:
    """An answer to one."""
    return _filled(dice.one(_EXPLAINED), dice)


def _order(dice: Dice) -> dict[str, object]:
    items = [
        {"item_id": dice.code(), "name": dice.noun(), "price": float(dice.amount())} for _ in range(dice.randint(1, 4))
    ]
    return {
        "order_id": dice.code(),
        "customer": {"name": dice.person(), "town": dice.one(TOWNS), "member_since": dice.date()},
        "state": dice.one(("open", "sent", "delivered")),
        "items": items,
        "payments": [{"method": "card", "amount": float(dice.amount())}],
    }


def _looked_up(dice: Dice) -> tuple[str, dict[str, object]]:
    name = dice.one(("get_order", "list_orders", "track_parcel"))
    return name, {"customer_id": dice.code(), "limit": 9} if name == "list_orders" else {"order_id": dice.code()}


def _filled(pattern: str, dice: Dice) -> str:
    return pattern.format(
        noun=dice.noun(),
        adjective=dice.one(("late", "broken", "open", "partial", "remote")),
        n=dice.randint(2, 40),
        town=dice.one(TOWNS),
        date=dice.date(),
        code=dice.code(),
        amount=dice.amount(),
        first=dice.person().split()[0].lower(),
        name=dice.name(),
    )
