"""Bodies, queries and answers about reports by mail."""

import msgspec

from services.auth.reports.domain.schedule import ReportPeriod
from services.auth.schemas import Answer, Time


class ReportsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which reports the caller gets."""

    monthly: bool = False
    weekly: bool = False


class Reports(Answer, frozen=True, kw_only=True):
    """Which reports the caller gets; `mail`: whether there is a mail server to send them."""

    mail: bool
    monthly: bool
    weekly: bool


class PreviewQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which report."""

    period: ReportPeriod = "month"


class ReportPreview(Answer, frozen=True, kw_only=True):
    """A report as it is sent, about the last whole period."""

    from_: Time = msgspec.field(name="from")
    to: Time
    subject: str
    text: str
    html: str
