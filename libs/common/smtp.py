"""Mail over SMTP."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"smtp": 587, "smtps": 465}


class Smtp:
    """A mail server.

    `url` is `smtp://user:password@host:587`, where TLS is begun if the server offers it and is required before a password
    is sent, or `smtps://…` for TLS from the first byte. ValueError says what is wrong with it, without quoting it.
    """

    def __init__(self, url: str, sender: str, *, seconds: float = 10.0) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("it is not a URL.") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("it has to read smtp://host:port or smtps://host:port.")
        self._tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._seconds = seconds

    def send(
        self, to: Sequence[str], subject: str, text: str, *, message_id: str | None = None, html: str | None = None
    ) -> None:
        """Hand one message over, with `html` as its other form; blocks. Raises OSError and smtplib.SMTPException, whose words may
        quote the message.

        Line breaks in the subject become blanks, so that nobody can write a header with it.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, ", ".join(to), " ".join(subject.split())
        if message_id is not None:
            message["Message-ID"] = message_id
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._seconds, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._seconds)
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
