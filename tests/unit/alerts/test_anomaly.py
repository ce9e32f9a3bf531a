"""What is unusual for a day: how often ordinary traffic passes for it, and how much more is found."""

import random
from collections.abc import Sequence

import pytest

from services.alerts.domain.anomaly import HISTORY_DAYS, anomaly

DOLLAR = 1_000_000_000
OFFICE = (1.0, 1.1, 1.1, 1.05, 0.95, 0.15, 0.1)
ROUND_THE_CLOCK = (1.0,) * 7
THRESHOLD = 5.0  # what the dashboard proposes
WEEKS = 40


def traffic(seed: int, week: Sequence[float], spread: float, growth: float = 0.0, dollars: float = 100.0) -> list[int]:
    """A spend for each of forty weeks' days: by the day of the week, log-normally spread, growing by the week."""
    dice = random.Random(seed)
    return [
        round(dollars * DOLLAR * week[day % 7] * (1 + growth) ** (day / 7) * dice.lognormvariate(0, spread))
        for day in range(7 * WEEKS)
    ]


def judged(spends: Sequence[int], times: float = 1.0) -> list[float]:
    """The deviations of each day from the fifth week on, had it cost so many times what it did."""
    found = [anomaly([*spends[:day], round(times * spends[day])]) for day in range(30, len(spends))]
    return [one.deviations for one in found if one is not None]


@pytest.mark.parametrize(
    ("week", "spread", "growth", "a_year"),
    [
        (ROUND_THE_CLOCK, 0.1, 0.0, 0.5),
        (ROUND_THE_CLOCK, 0.15, 0.10, 1.0),  # a tenth more each week
        (OFFICE, 0.1, 0.03, 1.0),
        (OFFICE, 0.2, 0.0, 2.0),
        (OFFICE, 0.4, 0.0, 6.0),  # days that differ by half are ordinary here
    ],
)
def test_ordinary_traffic_hardly_ever_fires(week: Sequence[float], spread: float, growth: float, a_year: float) -> None:
    days = [found for seed in range(40) for found in judged(traffic(seed, week, spread, growth))]
    alarms = sum(found > THRESHOLD for found in days)
    assert 365 * alarms / len(days) <= a_year


@pytest.mark.parametrize(
    ("week", "spread", "times", "found"),
    [(ROUND_THE_CLOCK, 0.1, 2.0, 0.95), (ROUND_THE_CLOCK, 0.15, 3.0, 0.95), (OFFICE, 0.2, 4.0, 0.70)],
)
def test_a_day_that_costs_a_multiple_is_found(week: Sequence[float], spread: float, times: float, found: float) -> None:
    days = [one for seed in range(10) for one in judged(traffic(seed, week, spread), times)]
    assert sum(one > THRESHOLD for one in days) / len(days) >= found  # of an office's, weekends may cost a working day


def test_a_working_day_of_an_office_is_judged_by_working_days() -> None:
    spends = traffic(1, OFFICE, 0.1)
    monday = 7 * 20
    assert (found := anomaly([*spends[:monday], 3 * spends[monday]])) is not None
    assert found.deviations > THRESHOLD
    assert found.usual_nano == pytest.approx(100 * DOLLAR, rel=0.15)


def test_a_lasting_change_is_usual_after_four_days() -> None:
    spends = traffic(2, ROUND_THE_CLOCK, 0.1)[: 7 * 20]
    found = []
    for _ in range(6):
        now = anomaly([*spends, 300 * DOLLAR])
        assert now is not None
        found.append(now.deviations > THRESHOLD)
        spends.append(300 * DOLLAR)
    assert found == [True, True, True, True, False, False]


@pytest.mark.parametrize("days", [[], [DOLLAR], [DOLLAR] * 28, [0] * 60, [*([0] * 60), 100 * DOLLAR]])
def test_without_a_history_nothing_is_said(days: list[int]) -> None:
    assert anomaly(days) is None


def test_the_history_needs_four_whole_weeks_besides_its_first_day() -> None:
    assert anomaly([DOLLAR] * (1 + 27 + 1)) is None
    assert anomaly([DOLLAR] * (1 + 28 + 1)) is not None


def test_a_day_is_never_below_the_usual_and_cents_are_no_news() -> None:
    steady = [DOLLAR // 100] * 40
    assert (found := anomaly([*steady, 0])) is not None
    assert found.deviations == 0
    assert (found := anomaly([*steady, DOLLAR // 2])) is not None
    assert found.deviations < THRESHOLD  # fifty times as much, and still no dollar


def test_older_days_count_no_more() -> None:
    spends = traffic(3, ROUND_THE_CLOCK, 0.1)
    assert anomaly(spends) == anomaly([0, *spends[-HISTORY_DAYS - 1 :]])
