"""The small parts that everything stands on: ids, money, settings, deadlines, errors, logs."""

import json
import logging
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from libs.common import catalog, context, errors, ids, money
from libs.common.bus import headers
from libs.common.clock import ManualClock
from libs.common.contracts.events import TokenClasses
from libs.common.ops import readiness
from libs.common.settings import CommonSettings, SettingsError, load
from libs.common.telemetry import logs


def test_ids_sort_by_time_and_carry_it() -> None:
    old, new = ids.new_id("req", 1_700_000_000_000), ids.new_id("req", 1_700_000_000_001)
    assert old < new
    assert ids.time_ms(new) == 1_700_000_000_001
    assert ids.uuid7().version == 7
    assert len({ids.new_id("req") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "value", ["req_", "req_" + "g" * 32, "org_" + "a" * 32, "req_" + "a" * 31, "req_*", "req_" + "a" * 32 + "\n"]
)
def test_what_is_no_id_is_not_taken_for_one(value: str) -> None:
    assert not ids.is_id(value, "req")
    assert ids.is_id(ids.new_id("req"), "req")


@given(st.integers(-(10**15), 10**15))
def test_nano_dollars_survive_json(nano: int) -> None:
    assert round(json.loads(json.dumps(money.usd(nano))) * money.NANO) == nano


@given(st.integers(-(10**15), 10**15))
def test_written_amounts_are_exact_and_have_cents(nano: int) -> None:
    found = money.written(nano)
    assert money.nano_from_usd(found.replace("$", "").replace(",", "")) == nano
    assert len(found.partition(".")[2]) >= 2


@given(st.integers(-(10**18), 10**18))
def test_rounding_is_half_to_even_on_both_sides_of_zero(pico: int) -> None:
    assert money.nano_from_pico(pico) == int((Decimal(pico) / 1000).to_integral_value("ROUND_HALF_EVEN"))


@pytest.mark.parametrize(
    ("usd", "pico"), [("2.5", 2_500_000), ("0.0125", 12_500), ("0.005", 5_000), ("50", 50_000_000)]
)
def test_prices_per_million_are_whole_pico_dollars_per_token(usd: str, pico: int) -> None:
    assert money.pico_per_token(usd) == pico


class Own(CommonSettings, frozen=True, kw_only=True):
    secret: str
    size: int = 3
    flag: bool = False


def test_settings_come_from_the_environment_and_say_what_is_wrong() -> None:
    found = load(Own, {"PROMPTLY_SECRET": "s", "PROMPTLY_SIZE": "7", "PROMPTLY_FLAG": "true", "PROMPTLY_OPS_PORT": ""})
    assert (found.secret, found.size, found.flag, found.ops_port) == ("s", 7, True, 0)
    with pytest.raises(SettingsError, match="PROMPTLY_SECRET is not set"):
        load(Own, {})
    with pytest.raises(SettingsError, match="PROMPTLY_SIZE"):
        load(Own, {"PROMPTLY_SECRET": "s", "PROMPTLY_SIZE": "many"})


def test_an_inner_budget_never_outlives_an_outer_one() -> None:
    assert context.remaining_ms() is None
    with context.bound(request_id="a", budget_ms=50):
        with context.bound(request_id="b", budget_ms=10_000):
            left = context.remaining_ms()
            assert left is not None
            assert left <= 50
            assert context.request_id() == "b"
        with context.bound(request_id="c", budget_ms=1):
            left = context.remaining_ms()
            assert left is not None
            assert left <= 1
        assert context.request_id() == "a"
    assert context.remaining_ms() is None


def test_budgets_cross_the_bus_as_durations() -> None:
    sent = headers.outgoing(500)
    assert float(sent[headers.BUDGET]) == 500
    assert headers.budget_ms(sent) == 500
    assert headers.budget_ms(sent, waited_ms=100) == 400
    assert headers.budget_ms({}) is None
    for odd in ("soon", "nan", "inf", ""):
        assert headers.budget_ms({headers.BUDGET: odd}) is None


@pytest.mark.parametrize(
    "kind", [errors.BadRequest, errors.RateLimited, errors.Unauthorized, errors.Conflict, errors.UpstreamFailed]
)
def test_errors_cross_the_bus_as_themselves(kind: type[errors.PromptlyError]) -> None:
    sent, body = headers.encode_error(kind("A sentence.", retry_after=3))
    found = headers.decode_error(sent, body)
    assert type(found) is kind
    assert (found.message, found.code, found.details) == ("A sentence.", kind.code, errors.ErrorDetails(retry_after=3))
    assert headers.decode_error({}, b"{}") is None
    assert isinstance(headers.decode_error({headers.ERROR: "x"}, b"not json"), errors.Internal)


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(90)
    assert clock.now() == datetime(2026, 11, 21, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


@pytest.mark.parametrize(
    ("state", "status"),
    [(((), (), False), 200), (((), ("bus",), False), 200), ((("auth",), (), False), 503), (((), (), True), 503)],
)
def test_readiness(state: tuple[tuple[str, ...], tuple[str, ...], bool], status: int) -> None:
    assert readiness(*state)[0] == status


SECRETS = (
    "sk-promptly-0123456789abcdef",
    "sk_live_0123456789abcdef",
    "cp-promptly-0123456789abcdef",
    "sk-proj-abcdefgh",
    "AIzaSyA0123456789abc",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
    "ghp_0123456789abcdef",
    "Bearer abcdef",
    "postgresql://user:hunter2@host/db",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_logs_mask_what_looks_like_a_secret(secret: str) -> None:
    event = logs.mask_secrets(None, "info", {"event": f"failed with {secret} here", "where": secret})
    assert secret not in json.dumps(event)
    assert "hunter2" not in json.dumps(event)


@given(st.from_regex(logs._SECRET))
def test_whatever_the_pattern_finds_is_masked(text: str) -> None:
    """The quick look for one of its marks must not pass over any of its branches."""
    found = logs.mask_secrets(None, "info", {"event": text})["event"]
    assert found == logs._SECRET.sub("[masked]", text)
    assert "[masked]" in found


def test_logs_drop_fields_that_nobody_has_thought_about(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logs.configure("test", "json", "info")
        structlog.get_logger().info("happened", request_id="req_1", prompt="the launch code", body={"a": 1})
        logging.getLogger("some.library").warning("could not send %s", "the launch code")
        try:
            raise ValueError("the launch code")
        except ValueError:
            logging.getLogger("some.library").exception("the launch code")
        logging.getLogger("some.library").info("not even this")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    assert "launch" not in json.dumps(lines)
    assert [line["event"] for line in lines] == ["happened", "library_log", "library_log"]
    assert lines[0]["request_id"] == "req_1"
    assert lines[2]["error_type"] == "ValueError"


def test_the_catalogue_knows_its_models() -> None:
    models = catalog.load()
    assert models.find("gpt-4o-mini") is not None
    assert models.find("gpt-9") is None
    for alias in models.aliases.values():
        assert models.find(alias.target) is not None
    for provider, tiers in models.tiers.items():
        for name in tiers.values():
            found = models.find(name)
            assert found is not None
            assert found.provider == provider


def test_prices_have_their_days_and_their_long_contexts() -> None:
    models = catalog.load()
    argon, haiku = models.find("gemini-4-argon"), models.find("claude-haiku")
    assert argon is not None
    assert haiku is not None
    tokens = TokenClasses(uncached_input=1000)
    assert argon.cost_nano(tokens, date(2026, 11, 30)) == 2_000_000
    assert argon.cost_nano(tokens, date(2026, 12, 1)) == 4_000_000
    assert haiku.cost_nano(TokenClasses(uncached_input=100_000), date(2026, 11, 21)) == 10_000_000
    assert haiku.cost_nano(TokenClasses(uncached_input=100_001), date(2026, 11, 21)) == 50_000_500
    assert haiku.cost_nano(TokenClasses(cache_write_1h=10, output_text=1), date(2026, 11, 21)) == 2_500


def test_every_price_is_a_whole_number_of_pico_dollars() -> None:
    models = catalog.load()
    for provider in ("openai", "anthropic", "google"):
        for name in models.of_provider(provider):
            found = models.find(name)
            assert found is not None
            for row in found.prices:
                for price in (row.input, row.output, row.cache_read, row.cache_write_5m, row.cache_write_1h):
                    assert price is None or (price * 1_000_000) % 1 == 0
                assert msgspec.json.decode(msgspec.json.encode(row), type=type(row)) == row
