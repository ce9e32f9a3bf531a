"""A notice as an e-mail."""

from services.alerts.domain.notification import OutgoingNotification, title
from services.alerts.translate.notification_webhook import iso


def mail_subject(notice: OutgoingNotification) -> str:
    """One line."""
    return f"[Promptly] {title(notice)}"


def mail_text(notice: OutgoingNotification) -> str:
    """Plain text."""
    lines = [
        notice.message,
        "",
        f"Rule: {' '.join(notice.rule_name.split())}",
        f"Time: {iso(notice.time_ms)}",
        *([] if notice.data_as_of_ms is None else [f"Requests counted up to: {iso(notice.data_as_of_ms)}"]),
        "",
        "You get this because you are an admin of your organization in Promptly. Its alerts are set in the dashboard.",
    ]
    return "\n".join(lines) + "\n"


def message_id(notice: OutgoingNotification) -> str:
    """The same for every try, so that a mailbox shows a repetition only once."""
    return f"<{notice.id}@alerts.promptly>"
