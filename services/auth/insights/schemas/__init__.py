"""Queries and answers about the figures and the request log."""

from services.auth.insights.schemas.breakdown import Breakdown, BreakdownQuery
from services.auth.insights.schemas.figures import (
    Interval,
    LatencyQuery,
    LatencySeries,
    Levers,
    LeverUse,
    Models,
    ModelUse,
    Overview,
    PeriodQuery,
    Savings,
    SavingsPoint,
    SavingsQuery,
)
from services.auth.insights.schemas.request_log import (
    Feedback,
    LeverShare,
    LogDetail,
    LogEntry,
    LogFilter,
    LogPage,
    LogQuery,
    Receipt,
    ReceiptLatency,
)

__all__ = [
    "Breakdown",
    "BreakdownQuery",
    "Feedback",
    "Interval",
    "LatencyQuery",
    "LatencySeries",
    "LeverShare",
    "LeverUse",
    "Levers",
    "LogDetail",
    "LogEntry",
    "LogFilter",
    "LogPage",
    "LogQuery",
    "ModelUse",
    "Models",
    "Overview",
    "PeriodQuery",
    "Receipt",
    "ReceiptLatency",
    "Savings",
    "SavingsPoint",
    "SavingsQuery",
]
