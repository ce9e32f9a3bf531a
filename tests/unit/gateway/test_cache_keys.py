"""Keys for a provider's prompt cache: none where one machine takes it all, stable for a conversation, another for each organization."""

from services.gateway.domain.prefix_writes import Place
from services.gateway.state.cache_keys import CacheKeys

PLACE = Place("org", "key", "m")


class Played:
    def __init__(self) -> None:
        self.now = 0.0
        self.keys = CacheKeys(lambda: self.now)

    def ask(self, rate: float, count: int, *, place: Place = PLACE, shape: bytes = b"s") -> list[str | None]:
        """So many requests, of ten conversations in turn, at `rate` a minute."""
        found = []
        for at in range(count):
            self.now += 60 / rate
            found.append(self.keys.key(place, shape, f"c{at % 10}"))
        return found


def test_what_one_machine_takes_has_no_key() -> None:
    assert set(Played().ask(11, 300)) == {None}


def test_a_conversation_keeps_its_key_and_keys_are_few() -> None:
    played = Played()
    played.ask(90, 400)
    found = played.ask(90, 200)
    assert None not in found
    assert len(set(found)) <= 8
    assert [len(set(found[at::10])) for at in range(10)] == [1] * 10
    assert not any("c" + str(at) == key for key in found for at in range(10))


def test_conversations_of_one_turn_have_no_key() -> None:
    """They read what they have in common, and nothing else."""
    played = Played()
    found = []
    for at in range(600):
        played.now += 0.5
        found.append(played.keys.key(PLACE, b"s", f"single {at}"))
    assert set(found) == {None}


def test_conversations_that_stop_going_on_give_their_keys_up() -> None:
    played = Played()
    played.ask(90, 400)
    found = []
    for at in range(400):
        played.now += 0.5
        found.append(played.keys.key(PLACE, b"s", f"single {at}"))
    assert found[-1] is None


def test_half_of_the_conversations_stay_where_they_are_when_keys_are_doubled() -> None:
    played = Played()
    before = dict(zip(range(10), played.ask(40, 400)[-10:], strict=True))
    after = dict(zip(range(10), played.ask(70, 400)[-10:], strict=True))
    assert len(set(after.values())) > len(set(before.values()))
    assert set(before.values()) & set(after.values())


def test_traffic_that_ends_has_no_key_again() -> None:
    played = Played()
    played.ask(90, 400)
    assert set(played.ask(2, 30)[10:]) == {None}


def test_an_application_counts_for_itself_and_so_does_each_account() -> None:
    played = Played()
    played.ask(90, 400)
    assert set(played.ask(2, 4, shape=b"other")) == {None}
    assert set(played.ask(2, 4, place=Place("org", "another", "m"))) == {None}
    assert set(played.ask(2, 4, place=Place("org", "key", "another"))) == {None}


def test_organizations_share_no_key() -> None:
    played = Played()
    theirs = Place("org_b", "key", "m")
    played.ask(90, 400)
    played.ask(90, 400, place=theirs)
    assert not set(played.ask(90, 100)) & set(played.ask(90, 100, place=theirs))


def test_what_is_remembered_is_bounded_and_one_organization_leaves_room_for_others() -> None:
    played = Played()
    played.ask(90, 400)
    for at in range(20_000):
        played.keys.key(Place("org_b", "key", "m"), at.to_bytes(4, "big"), "c")
    assert played.keys._rates.bytes <= 2 << 20
    assert None not in played.ask(90, 20)
