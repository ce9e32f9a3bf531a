"""Mail over SMTP."""

import asyncio
import smtplib

import structlog

from libs.common.smtp import Smtp
from services.auth.domain.mails import Mail

log = structlog.get_logger()


class SmtpMailer:
    """Implements `ports.Mailer`."""

    configured = True

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    async def send(self, mail: Mail) -> bool:
        try:
            await asyncio.to_thread(
                self._smtp.send, [mail.to], mail.subject, mail.text, message_id=mail.id, html=mail.html
            )
        except (OSError, smtplib.SMTPException) as error:
            # The server's words may quote the message, which holds a token.
            log.warning("mail_not_sent", kind=mail.kind, error_type=type(error).__name__)
            return False
        return True


class NullMailer:
    """Implements `ports.Mailer` where no server is set up: the log says that there was something to send."""

    configured = False

    async def send(self, mail: Mail) -> bool:
        log.warning("mail_not_sent", kind=mail.kind, reason="PROMPTLY_SMTP_URL is not set")
        return False
