"""Handing mail over: what arrives, and what a refusal does."""

from structlog.testing import capture_logs

from libs.common.smtp import Smtp
from services.auth.clients.mail import NullMailer, SmtpMailer
from services.auth.domain.mails import Mail
from tests.fixtures.mailbox import mailbox

MAIL = Mail(kind="invite", to="a@example.com", subject="Grüße", text="Eine Zeile — mit ü\nhttps://x/#token=secret\n")


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with mailbox() as box:
        await SmtpMailer(Smtp(box.url, "Promptly <p@example.com>")).send(MAIL)
        message = await box.next()
    assert (message["To"], message["Subject"]) == ("a@example.com", "Grüße")
    assert message.get_content().splitlines() == MAIL.text.splitlines()  # type: ignore[attr-defined]


async def test_a_mail_that_cannot_be_sent_is_logged_without_its_words() -> None:
    async with mailbox() as box:
        box.refuses = True
        with capture_logs() as logs:
            # The last: a password is never sent in the clear, and this server offers no TLS.
            for url in (box.url, "smtp://127.0.0.1:1", box.url.replace("//", "//user:pass@")):
                await SmtpMailer(Smtp(url, "p@example.com")).send(MAIL)
            await NullMailer().send(MAIL)
    assert [log["event"] for log in logs] == ["mail_not_sent"] * 4
    assert "secret" not in str(logs)
    assert box.messages == []
