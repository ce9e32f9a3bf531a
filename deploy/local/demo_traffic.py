"""The traffic of the demo: what a small team's assistant is asked in a morning."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Messages = list[dict[str, Any]]


class Ask(NamedTuple):
    """One request: the kind that the table counts it under, its messages, and how it is sent."""

    kind: str
    messages: Messages
    stream: bool = False
    model: str = "gpt-4o"
    headers: Mapping[str, str] = MappingProxyType({})
    extra: Mapping[str, Any] = MappingProxyType({})


_SIMPLE = (
    "What's the boiling point of ethanol?",
    "Who wrote Pride and Prejudice?",
    "How many minutes are there in a week?",
    "What is the chemical symbol for tungsten?",
    "Translate 'good morning' into Italian.",
    "What's the capital of Portugal?",
    "Which planet has the most moons?",
    "Give me a synonym for 'rapid'.",
    "What does HTTP stand for?",
    "In what year did the Berlin Wall come down?",
)
_REPHRASED = (
    "boiling point of ethanol?",
    "What is Portugal's capital?",
    "capital of Portugal?",
    "what is the boiling point of ethanol",
    "who wrote pride and prejudice",
    "Please tell me: what does HTTP stand for?",
)
_NEAR_MISSES = (
    "What's the boiling point of methanol?",
    "What's the capital of Poland?",
    "Who wrote Sense and Sensibility?",
    "How many minutes are there in a day?",
)
_HARD = (
    "Prove that there are infinitely many primes congruent to 3 modulo 4, and say where the argument fails for 1 modulo 4.",
    (
        "Our service deadlocks under load: two transactions update accounts A and B in opposite order while a third holds a "
        "gap lock. Analyse step by step which isolation levels allow it and propose a fix that keeps throughput."
    ),
    (
        "Design a rate limiter for 40 regions with at most 1 % over-admission, no central store, and bounded memory. Compare "
        "three designs, derive their error, and recommend one."
    ),
    (
        "Refactor this function so that it is O(n log n) and explain the invariant:\n```python\ndef pairs(xs):\n    out = []\n"
        "    for i, a in enumerate(xs):\n        for b in xs[i + 1:]:\n            if a + b == 0:\n                out.append((a, b))\n"
        "    return out\n```"
    ),
    (
        "A bond pays 4 % annually, matures in 7 years and yields 5.2 %. Derive its duration and convexity, then estimate the "
        "price change for a 75 basis point rise and bound the error of the estimate."
    ),
    (
        "Write a formal argument, with every step justified, that quicksort with random pivots makes O(n log n) expected "
        "comparisons, and discuss what changes for inputs with many equal keys."
    ),
)
_STREAMED = (
    "Suggest a name for a small bakery by the sea.",
    "Write one sentence about autumn leaves.",
    "What's a good icebreaker for a team meeting?",
    "Name three uses for baking soda.",
    "Write a haiku about the morning commute.",
    "What is a palindrome? Give one example.",
)
_VERBOSE_SYSTEM = """\
You are a very helpful, friendly and knowledgeable assistant for the customer support team of Lindgren Outdoor, a shop for
tents, sleeping bags and hiking equipment. Please make sure that you always answer in a polite and friendly tone.


It is very important that you always answer in a polite and friendly tone. Please note that in order to answer questions
about returns, you should take into account that customers can send items back within 30 days of delivery.

Please make sure that you never promise a refund above 250 EUR without asking a colleague first.


In the event that a customer asks about the status of an order, you should ask for the order number in the case that it
was not already given. Please make sure that you always answer in a polite and friendly tone.

**Opening hours**: Monday to Friday, 9:00 to 17:30.
At this point in time, we do not ship to addresses outside of the European Union. Due to the fact that shipping labels are
created at 14:00, orders that are placed later than 14:00 are shipped on the next working day.
Customers can send items back within 30 days of delivery.
"""
_CUSTOMERS = (
    "Can I return a tent that I bought 12 days ago?",
    "When do you open on Fridays?",
    "Do you ship to Norway?",
    "I ordered at 15:10 today. When will it ship?",
    "My sleeping bag came with a broken zip. What now?",
    "Where is my order?",
    "I want 300 EUR back for order 8841.",
    "Do you sell gas canisters?",
)
_TOOL = {
    "type": "function",
    "function": {
        "name": "list_bookings",
        "description": "All bookings of a traveller",
        "parameters": {"type": "object", "properties": {"traveller": {"type": "string"}}, "required": ["traveller"]},
    },
}


def traffic() -> Iterator[Ask]:
    """Some seventy requests, in the order in which they are sent."""
    for question in _SIMPLE:
        yield Ask("simple question", _one(question))
    for question in _SIMPLE:
        yield Ask("the same again", _one(question), stream=question.startswith("What's"))
    for question in _REPHRASED:
        yield Ask("the same, rephrased", _one(question))
    for question in _NEAR_MISSES:
        yield Ask("nearly the same", _one(question))
    for question in _HARD:
        yield Ask("hard question", _one(question))
    for question in _STREAMED:
        yield Ask("streamed", _one(question), stream=True)
    for question in _STREAMED[:3]:
        yield Ask("streamed again", _one(question), stream=True, extra={"stream_options": {"include_usage": True}})
    for question in _CUSTOMERS:
        yield Ask("wordy system prompt", [{"role": "system", "content": _VERBOSE_SYSTEM}, *_one(question)])
    yield from _conversation()
    yield from _bookings()


def _one(question: str) -> Messages:
    return [{"role": "user", "content": question}]


def _conversation() -> Iterator[Ask]:
    """A chat that grows to 48 messages; its last turns are sent, and the last one under the strongest level too."""
    system = {"role": "system", "content": "You help a family to plan a train journey through Scandinavia."}
    stops = ("Hamburg", "Copenhagen", "Malmö", "Gothenburg", "Oslo", "Lillehammer", "Dombås", "Trondheim", "Östersund")
    messages: Messages = [system]
    for day in range(24):
        here, there = stops[day % len(stops)], stops[(day + 1) % len(stops)]
        messages.append(
            {
                "role": "user",
                "content": f"On day {day + 1} we go from {here} to {there}. There are two adults and two children, we "
                f"would like to arrive before 18:30, and the budget for the day is {90 + 7 * day} EUR. What do you advise?",
            }
        )
        if len(messages) >= 40:
            yield Ask("long conversation", list(messages))
        messages.append(
            {
                "role": "assistant",
                "content": f"Take the morning train from {here} at 9:{day + 10}, booking reference RX{4100 + day}. It "
                f"reaches {there} in the afternoon, leaves time for a walk along the water, and with the family ticket "
                f"you stay well within {90 + 7 * day} EUR. Seats by the window are on the left side.",
            }
        )
    last = [*messages[:-1], {"role": "user", "content": "Which of these days is the most expensive one?"}]
    yield Ask("long conversation", last, headers={"x-promptly-level": "aggressive"})


def _bookings() -> Iterator[Ask]:
    """An agent that read a large JSON result from a tool."""
    bookings = [
        {
            "id": f"BK-{7300 + n}",
            "from": "OSL",
            "to": "TRD",
            "seats": 2 + n % 3,
            "price_eur": 49.5 + n,
            "paid": n % 4 != 0,
        }
        for n in range(24)
    ]
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "list_bookings", "arguments": '{"traveller": "Lindgren"}'},
    }
    messages: Messages = [
        {"role": "system", "content": "You are a booking assistant."},
        {"role": "user", "content": "Which bookings of Lindgren are not paid yet?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"bookings": bookings}, indent=4)},
    ]
    yield Ask("JSON from a tool", messages, extra={"tools": [_TOOL]})
    follow = [
        *messages,
        {"role": "assistant", "content": "Six bookings are not paid yet."},
        {"role": "user", "content": "Add up their prices, please."},
    ]
    yield Ask("JSON from a tool", follow, extra={"tools": [_TOOL]})
