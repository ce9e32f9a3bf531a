"""Mail over SMTP."""

import asyncio
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

from services.auth.domain.mails import Mail

log = structlog.get_logger()
_SECONDS: Final = 20.0
_PORTS: Final = {"smtp": 587, "smtps": 465}


class SmtpMailer:
    """Implements `ports.Mailer`.

    `url` is `smtp://user:password@host:587`, where TLS is begun if the server offers it and is required before a password
    is sent, or `smtps://…` for TLS from the first byte. ValueError says what is wrong with it, without quoting it.
    """

    configured = True

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("it has to read smtp://host:port or smtps://host:port.")
        self._tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        try:
            await asyncio.to_thread(self._send, mail)
        except (OSError, smtplib.SMTPException) as error:
            # The server's words may quote the message, which holds a token.
            log.warning("mail_not_sent", kind=mail.kind, error_type=type(error).__name__)

    def _send(self, mail: Mail) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message.set_content(mail.text)
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_SECONDS)
        try:
            server.ehlo()
            if not self._tls and (self._user or server.has_extn("starttls")):
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()


class NullMailer:
    """Implements `ports.Mailer` where no server is set up: the log says that there was something to send."""

    configured = False

    async def send(self, mail: Mail) -> None:
        log.warning("mail_not_sent", kind=mail.kind, reason="PROMPTLY_SMTP_URL is not set")
