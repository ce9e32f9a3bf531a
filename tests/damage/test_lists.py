"""Rules that are the same under several heads are as many rules: none of them is a repeat."""

import pytest

from tests.damage.asking import LEVELS, Strength, asker, system, user

_REFUNDS = """You answer the customers of a ferry company.

Basic tickets
- A ticket can be changed until 24 hours before the departure, but not afterwards.
- The money is paid back to the card that was used for the booking.

Business tickets
- A ticket can be changed until 24 hours before the departure, but not afterwards.
- A lounge is open to everybody who holds a ticket of this class.
- The money is paid back to the card that was used for the booking."""
_NUMBERED = """Follow the steps of the case that you are in.

Case A, the parcel is late:
1. Ask for the number of the parcel and look it up with the tool before you say anything about it.
2. Tell the customer the new date of arrival in one sentence and without an excuse.

Case B, the parcel is damaged:
1. Ask for the number of the parcel and look it up with the tool before you say anything about it.
2. Open a claim for the customer and give them its number in one sentence."""
_LETTERED = """Rate each text on these scales.

Style:
(a) The text is clear to somebody who has never heard of its subject before.
(b) The text holds no sentence that could go without a loss.

Content:
(a) The text is clear to somebody who has never heard of its subject before.
(b) The text says where each of its numbers comes from."""
_KEYS = """Write two records.

first:
  description: the name of the person who signed the contract and the day of it
  default: an empty text where the contract is not signed by anybody yet
second:
  description: the name of the person who signed the contract and the day of it
  default: the name of the firm where the contract is not signed by anybody yet"""
_DIALOGUE = """Play the porter in this scene and stay in your part.

VISITOR: Could you tell me at what time the last ferry leaves for the island tonight?
PORTER: That depends on the wind, and the wind has not told me anything yet.
VISITOR: Could you tell me at what time the last ferry leaves for the island tonight?
PORTER: I have heard you the first time, and so has the wind."""
_QUOTED = """Two of our readers wrote this, so it counts twice:

> The new timetable leaves those who work at night without any way home.
> The new timetable leaves those who work at night without any way home.

> It was better when the boats still waited for the train from the north.

Sum up what readers think, with the number of letters for each opinion."""
LISTS = (_REFUNDS, _NUMBERED, _LETTERED, _KEYS, _DIALOGUE, _QUOTED)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", LISTS, ids=lambda text: text.split("\n")[0][:40])
def test_a_line_under_its_own_head_is_no_repeat(text: str, level: Strength) -> None:
    after = asker().send([system(text), user("?")], level).texts()[0]
    twice = [line for line in set(text.split("\n")) if line.strip() and text.count(line) == 2]
    assert twice
    lines = [line for line in text.split("\n") if line.strip()]
    assert len([line for line in after.split("\n") if line.strip()]) == len(lines)
    if level != "aggressive":
        for line in twice:
            assert after.count(line) == 2, line
