"""Reports by mail: who gets them, and what they say."""

from litestar import Controller, get, put

from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.reports import schemas
from services.auth.reports.domain.report import html_of, text_of
from services.auth.reports.service import Reports
from services.auth.schemas import iso


class ReportController(Controller):
    """/api/reports"""

    path = "/reports"

    @get(needs=Action.GET_REPORTS)
    async def chosen(self, request: ApiRequest, reports: Injected[Reports]) -> schemas.Reports:
        """Which reports you get by mail."""
        return await _chosen(request, reports)

    @put(needs=Action.GET_REPORTS, fails=(409,))
    async def choose(
        self, request: ApiRequest, payload: Payload[schemas.ReportsBody], reports: Injected[Reports]
    ) -> schemas.Reports:
        """Begin or end your reports. The first is about the period that runs now, and comes when it has ended."""
        await reports.choose(request.user, {"month": payload.monthly, "week": payload.weekly})
        return await _chosen(request, reports)

    @get("/preview", needs=Action.GET_REPORTS)
    async def preview(
        self, request: ApiRequest, params: Params[schemas.PreviewQuery], reports: Injected[Reports]
    ) -> schemas.ReportPreview:
        """The report about the last whole month or week, as it is sent."""
        found, span = await reports.preview(request.user, params.period)
        return schemas.ReportPreview(
            from_=iso(span.start), to=iso(span.end), subject=found.subject, text=text_of(found), html=html_of(found)
        )


async def _chosen(request: ApiRequest, reports: Reports) -> schemas.Reports:
    chosen = await reports.chosen(request.user)
    return schemas.Reports(mail=reports.available, monthly="month" in chosen, weekly="week" in chosen)
