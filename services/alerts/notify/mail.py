"""Alerts by e-mail, to the organization's admins."""

import asyncio
import smtplib

from libs.common.contracts.alerts import ChannelConfig
from libs.common.errors import Unavailable
from libs.common.smtp import Smtp
from services.alerts.domain.notification import OutgoingNotification
from services.alerts.ports import Admins, Undeliverable
from services.alerts.translate.notification_mail import mail_subject, mail_text, message_id


class MailNotifier:
    """Implements `ports.Notifier`. Without a server nobody is written to, and the event says so."""

    def __init__(self, smtp: Smtp | None, admins: Admins) -> None:
        self._smtp = smtp
        self._admins = admins

    async def send(self, notice: OutgoingNotification, config: ChannelConfig) -> None:
        if self._smtp is None:
            raise Undeliverable("No mail server is set up here (PROMPTLY_SMTP_URL).", for_good=True)
        try:
            to = await self._admins.of(notice.org_id)
        except Unavailable:
            raise Undeliverable("The admins' addresses could not be looked up.") from None
        if not to:
            raise Undeliverable("The organization has no admin to write to.", for_good=True)
        subject, text = mail_subject(notice), mail_text(notice)
        try:
            await asyncio.to_thread(self._smtp.send, to, subject, text, message_id=message_id(notice))
        except (OSError, smtplib.SMTPException) as error:
            raise Undeliverable(f"The mail server did not take the message ({type(error).__name__}).") from None
