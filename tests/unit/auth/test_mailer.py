"""Handing mail over: what arrives, what a refusal does, and which servers are servers."""

import pytest
from structlog.testing import capture_logs

from services.auth.clients.mail import NullMailer, SmtpMailer
from services.auth.domain.mails import Mail
from tests.fixtures.mailbox import mailbox

MAIL = Mail(kind="invite", to="a@example.com", subject="Grüße", text="Eine Zeile — mit ü\nhttps://x/#token=secret\n")


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with mailbox() as box:
        await SmtpMailer(box.url, "Promptly <p@example.com>").send(MAIL)
        message = await box.next()
    assert (message["To"], message["Subject"]) == ("a@example.com", "Grüße")
    assert message.get_content().splitlines() == MAIL.text.splitlines()  # type: ignore[attr-defined]


async def test_a_mail_that_cannot_be_sent_is_logged_without_its_words() -> None:
    async with mailbox() as box:
        box.refuses = True
        with capture_logs() as logs:
            await SmtpMailer(box.url, "p@example.com").send(MAIL)
            await SmtpMailer("smtp://127.0.0.1:1", "p@example.com").send(MAIL)
            await NullMailer().send(MAIL)
            # A password is never sent in the clear: this server offers no TLS.
            await SmtpMailer(box.url.replace("//", "//user:pass@"), "p@example.com").send(MAIL)
    assert [log["event"] for log in logs] == ["mail_not_sent"] * 4
    assert "secret" not in str(logs)
    assert box.messages == []


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:99999"])
def test_what_is_no_mail_server_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://host|[Pp]ort"):
        SmtpMailer(url, "p@example.com")


def test_a_password_may_hold_anything() -> None:
    mailer = SmtpMailer("smtps://us%40er:p%3Aa%2Fss@mail.example.com", "p@example.com")
    assert (mailer._host, mailer._port, mailer._user, mailer._password) == ("mail.example.com", 465, "us@er", "p:a/ss")
