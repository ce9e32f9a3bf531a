"""Tool definitions as requests declare them: they are prompt tokens that no lever touches, so a share of all has to count them."""

import json
from typing import Any

from bench.optimizer.client import MODEL
from libs.common.tokens import count_text

Tools = list[dict[str, Any]]
_TYPES = {"s": "string", "i": "integer", "n": "number", "o": "object"}


def _tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    """A definition. A parameter is given as `type: description`; a type with `[]` behind it is a list of such."""
    properties: dict[str, Any] = {}
    for parameter, told in parameters.items():
        kind, _, text = told.partition(": ")
        one = {"type": _TYPES[kind[0]]}
        properties[parameter] = (
            {"type": "array", "items": one, "description": text} if "[]" in kind else {**one, "description": text}
        )
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


# The names and arguments are those that occur in the data; the data holds no definitions, so the words are ours.
AIRLINE: Tools = [
    _tool(
        "get_user_details",
        "Look up a customer: name, address, payment methods, reservations.",
        user_id="s: The customer's id, such as 'sara_doe_496'.",
    ),
    _tool(
        "get_reservation_details",
        "Look up a reservation: flights, passengers, payments, bags.",
        reservation_id="s: The reservation's id of six characters.",
    ),
    _tool("list_all_airports", "All airports that are served, with their cities."),
    _tool(
        "search_direct_flight",
        "Flights without a stop between two cities on one day, with seats and prices of each cabin.",
        origin="s: Code of the airport of departure, three letters.",
        destination="s: Code of the airport of arrival, three letters.",
        date="s: Day of departure, YYYY-MM-DD.",
    ),
    _tool(
        "search_onestop_flight",
        "Connections with one stop between two cities on one day, with seats and prices of each cabin.",
        origin="s: Code of the airport of departure, three letters.",
        destination="s: Code of the airport of arrival, three letters.",
        date="s: Day of departure, YYYY-MM-DD.",
    ),
    _tool(
        "calculate",
        "The value of an arithmetic expression.",
        expression="s: Numbers, operators (+, -, *, /), parentheses and blanks.",
    ),
    _tool("think", "Note down a thought. Nothing is looked up or changed.", thought="s: The thought."),
    _tool(
        "book_reservation",
        "Book flights for a customer, once they have agreed to all details.",
        user_id="s: The customer's id.",
        origin="s: Code of the airport of departure.",
        destination="s: Code of the airport of arrival.",
        flight_type="s: 'one_way' or 'round_trip'.",
        cabin="s: 'basic_economy', 'economy' or 'business'.",
        flights="o[]: Each flight's number and date.",
        passengers="o[]: Each passenger's first name, last name and date of birth.",
        payment_methods="o[]: Each payment method's id and the amount that it pays.",
        total_baggages="i: How many bags there are.",
        nonfree_baggages="i: How many of them have to be paid for.",
        insurance="s: 'yes' or 'no'.",
    ),
    _tool(
        "update_reservation_flights",
        "Change the flights or the cabin of a reservation.",
        reservation_id="s: The reservation's id.",
        cabin="s: 'basic_economy', 'economy' or 'business'.",
        flights="o[]: Number and date of every flight that the reservation shall have, those that stay included.",
        payment_id="s: The payment method for the difference.",
    ),
    _tool(
        "update_reservation_baggages",
        "Add bags to a reservation.",
        reservation_id="s: The reservation's id.",
        total_baggages="i: How many bags there are then.",
        nonfree_baggages="i: How many of them have to be paid for.",
        payment_id="s: The payment method.",
    ),
    _tool(
        "update_reservation_passengers",
        "Correct the passengers of a reservation. Their number stays.",
        reservation_id="s: The reservation's id.",
        passengers="o[]: Each passenger's first name, last name and date of birth.",
    ),
    _tool("cancel_reservation", "Cancel a whole reservation.", reservation_id="s: The reservation's id."),
    _tool(
        "send_certificate",
        "Send a certificate to a customer.",
        user_id="s: The customer's id.",
        amount="n: Its value in dollars.",
    ),
    _tool(
        "transfer_to_human_agents",
        "Hand over to a person, with a summary of the matter.",
        summary="s: What the customer wants.",
    ),
]
SHOP: Tools = [
    _tool("find_customer", "Look up a customer by e-mail address.", email="s: The address."),
    _tool(
        "get_order",
        "Look up an order: items, state, payments.",
        order_id="s: The order's number, such as 'TR-70001'.",
    ),
    _tool(
        "list_orders",
        "All orders of a customer, newest first.",
        customer_id="s: The customer's id.",
        limit="i: At most so many.",
    ),
    _tool("track_parcel", "Where a parcel is.", order_id="s: The order's number."),
    _tool(
        "refund_item",
        "Pay back an item. Only once the customer has agreed.",
        order_id="s: The order's number.",
        item_id="s: The item.",
        amount="n: The amount.",
    ),
    _tool(
        "change_address",
        "Send an order elsewhere, as long as it has not left.",
        order_id="s: The order's number.",
        address="o: Street, town, code.",
    ),
    _tool("hand_over", "Hand over to a person.", summary="s: What the customer wants."),
]
CODING: Tools = [
    _tool("read_file", "The text of a file.", path="s: The file's path from the root of the repository."),
    _tool("write_file", "Write a file anew.", path="s: The file's path.", content="s: All of its text."),
    _tool(
        "str_replace",
        "Replace a passage that occurs once in a file.",
        path="s: The file's path.",
        old="s: The passage.",
        new="s: What stands there then.",
    ),
    _tool("bash", "Run a command and get what it prints.", command="s: The command."),
    _tool("grep", "Lines that match a pattern.", pattern="s: A regular expression.", path="s: Where to look."),
]


def tokens_of(tools: Tools) -> int:
    """What the definitions count for, as the gateway counts them."""
    return count_text(MODEL, json.dumps(tools)) if tools else 0
