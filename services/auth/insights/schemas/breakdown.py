"""Query and answer of a breakdown. Money is dollars."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from libs.common.contracts import analytics
from libs.common.money import usd
from services.auth.schemas import Answer, Time, iso_ms

_Value = Annotated[str, Meta(min_length=1, max_length=256)]
# Query parameters that leave only requests with one value, and the dimension that each is about.
_FILTERS = {"key_id": "key", "endpoint": "endpoint", "model": "model", "provider": "provider"}
_FILTERS |= {"user": "user", "team_id": "team", "client": "client", "error_code": "error"}


class BreakdownQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A period; one or two dimensions with a comma between them (key, endpoint, model, provider, user, team, client, error, tag:name); what
    it is cut into by the clocks of a time zone; whether the period before is wanted; and values that requests must have (a tag as
    name=value).
    """

    by: Annotated[str, Meta(min_length=1, max_length=600)]
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 30
    interval: Literal["hour", "day", "week", "month"] | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    previous: bool = False
    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    key_id: _Value | None = None
    endpoint: _Value | None = None
    model: _Value | None = None
    provider: _Value | None = None
    user: _Value | None = None
    team_id: _Value | None = None
    client: _Value | None = None
    error_code: _Value | None = None
    tag: Annotated[str, Meta(pattern="^[^=]{1,256}=")] | None = None

    def asked(self, org_id: str, from_ms: int, to_ms: int) -> analytics.BreakdownQuery:
        """The question to analytics."""
        filters = {name: value for field, name in _FILTERS.items() if (value := getattr(self, field)) is not None}
        if self.tag is not None:
            name, _, value = self.tag.partition("=")
            filters[f"tag:{name}"] = value
        return analytics.BreakdownQuery(
            org_id=org_id,
            from_ms=from_ms,
            to_ms=to_ms,
            by=tuple(self.by.split(",")),
            filters=filters,
            interval=self.interval,
            time_zone=self.time_zone,
            previous=self.previous,
            limit=self.limit,
        )


class Use(Answer, frozen=True, kw_only=True):
    """Requests added up; money covers those whose baseline and actual cost are both known."""

    requests: int
    errors: int
    cached: int
    input_tokens: int
    output_tokens: int
    tokens_saved: int
    cost_usd: float
    baseline_cost_usd: float
    savings_usd: float
    unpriced_requests: int

    @classmethod
    def of(cls, use: analytics.Use) -> Self:
        """From what analytics has added up."""
        return cls(
            requests=use.requests,
            errors=use.errors,
            cached=use.cached,
            input_tokens=use.input_tokens,
            output_tokens=use.output_tokens,
            tokens_saved=use.tokens_saved,
            cost_usd=usd(use.cost_nano),
            baseline_cost_usd=usd(use.baseline_cost_nano),
            savings_usd=usd(use.baseline_cost_nano - use.cost_nano),
            unpriced_requests=use.unpriced_requests,
        )


class BreakdownPoint(Answer, frozen=True, kw_only=True):
    """What a row had in one interval, by its start."""

    time: Time
    use: Use


class BreakdownRow(Answer, frozen=True, kw_only=True):
    """One value of each dimension, in their order; `key_name` where one is a key that you may see, `team_name` where one is a team."""

    values: tuple[str, ...]
    key_name: str | None
    team_name: str | None
    use: Use
    previous: Use | None
    points: tuple[BreakdownPoint, ...]


class Interval(Answer, frozen=True, kw_only=True):
    """An interval that the period touches; `partial` where it holds only a part of it."""

    start: Time
    partial: bool


class PreviousPeriod(Answer, frozen=True, kw_only=True):
    """The period before: as many months back where the period begins with one, else just before and as long."""

    from_: Time = msgspec.field(name="from")
    to: Time
    total: Use


class Breakdown(Answer, frozen=True, kw_only=True):
    """The rows that cost most. With `other`, what further rows have, and `without`, requests without such a user, client or tag, they make
    the `total`.
    """

    by: tuple[str, ...]
    from_: Time = msgspec.field(name="from")
    to: Time
    time_zone: str
    rows: tuple[BreakdownRow, ...]
    other: Use
    without: Use
    total: Use
    previous: PreviousPeriod | None
    intervals: tuple[Interval, ...]

    @classmethod
    def of(cls, asked: analytics.BreakdownQuery, found: analytics.Breakdown, names: Mapping[str, str]) -> Self:
        """From what analytics answers; `names` are those of keys and teams by their ids."""

        def name(dimension: str, row: analytics.BreakdownRow) -> str | None:
            return names.get(row.values[asked.by.index(dimension)]) if dimension in asked.by else None

        rows = (
            BreakdownRow(
                values=row.values,
                key_name=name("key", row),
                team_name=name("team", row),
                use=Use.of(row.use),
                previous=None if row.previous is None else Use.of(row.previous),
                points=tuple(BreakdownPoint(time=iso_ms(one.time_ms), use=Use.of(one.use)) for one in row.points),
            )
            for row in found.rows
        )
        return cls(
            by=asked.by,
            from_=iso_ms(asked.from_ms),
            to=iso_ms(asked.to_ms),
            time_zone=asked.time_zone,
            rows=tuple(rows),
            other=Use.of(found.other),
            without=Use.of(found.without),
            total=Use.of(found.total),
            previous=_previous(found),
            intervals=tuple(Interval(start=iso_ms(at), partial=at in found.partial) for at in found.intervals),
        )


def _previous(found: analytics.Breakdown) -> PreviousPeriod | None:
    if found.previous_total is None or found.previous_from_ms is None or found.previous_to_ms is None:
        return None
    return PreviousPeriod(
        from_=iso_ms(found.previous_from_ms), to=iso_ms(found.previous_to_ms), total=Use.of(found.previous_total)
    )
