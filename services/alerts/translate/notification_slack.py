"""A notice as the body of a Slack incoming webhook."""

import msgspec

from services.alerts.domain.notification import OutgoingNotification, title
from services.alerts.translate.notification_webhook import iso


def slack_body(notice: OutgoingNotification) -> bytes:
    """JSON: blocks for the channel, and a text for notifications. What users wrote becomes neither a link nor a mention."""
    heading, message = _escaped(title(notice)), _escaped(notice.message)
    facts = f"{notice.metric} · {iso(notice.time_ms)}"
    return msgspec.json.encode(
        {
            "text": f"{heading}: {message}",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": f"*{heading}*\n{message}"}},
                {"type": "context", "elements": [{"type": "plain_text", "text": facts}]},
            ],
        }
    )


def _escaped(text: str) -> str:
    """As Slack asks for it; asterisks and the like could only make bold what is ours."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
