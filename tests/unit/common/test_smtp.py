"""Which mail servers are servers, and what their URLs may hold."""

import pytest

from libs.common.smtp import Smtp


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:99999"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://host|not a URL"):
        Smtp(url, "p@example.com")


def test_a_password_may_hold_anything() -> None:
    smtp = Smtp("smtps://us%40er:p%3Aa%2Fss@mail.example.com", "p@example.com")
    assert (smtp._host, smtp._port, smtp._user, smtp._password) == ("mail.example.com", 465, "us@er", "p:a/ss")
