"""Mail of ours goes to whatever server administrators have: verified TLS, a login, and each refusal in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.model.errors import PermanentError, TemporaryError
from lockgate.notifications.smtp_transport import Security, SmtpTransport
from tests.lockgate.notifications.mail_server import PASSWORD, USER, MailServer, mail_server

CONTENT = b"From: gate@example.org\r\nTo: ops@example.org\r\nSubject: x\r\n\r\nhello\r\n.dot\r\n"


def transport(server: MailServer, folder: Path, security: Security) -> SmtpTransport:
    secret = folder / "password"
    secret.write_text(f"{PASSWORD}\n")
    return SmtpTransport("localhost", server.port, security, "gw.example.org", USER, secret, server.authority)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_message_arrives_byte_for_byte_over_verified_tls_after_a_login(
    tmp_path: Path, security: Security
) -> None:
    with mail_server(tmp_path, tls=security is Security.TLS) as server:
        remark = await transport(server, tmp_path, security).send("gate@example.org", ["ops@example.org"], CONTENT)
    assert remark == ""
    assert server.came == [("gate@example.org", ["ops@example.org"], CONTENT)]


async def test_a_refused_recipient_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        way = transport(server, tmp_path, Security.STARTTLS)
        remark = await way.send("gate@example.org", ["nobody@example.org", "ops@example.org"], CONTENT)
        assert remark == "not taken for nobody@example.org (550 5.1.1 no such person)"
        with pytest.raises(PermanentError, match="refuses all recipients"):
            await way.send("gate@example.org", ["nobody@example.org"], CONTENT)
    assert [recipients for _, recipients, _ in server.came] == [["ops@example.org"]]


async def test_trouble_is_told_in_a_sentence_without_the_password(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        way = transport(server, tmp_path, Security.STARTTLS)
        with pytest.raises(PermanentError, match="certificate of localhost cannot be verified"):
            await replace(way, authorities=None).send("gate@example.org", ["ops@example.org"], CONTENT)
        server.answers.append("451 4.3.0 later")
        with pytest.raises(TemporaryError, match=r"451 4\.3\.0 later"):
            await way.send("gate@example.org", ["ops@example.org"], CONTENT)
        (tmp_path / "password").write_text("wrong horse")
        with pytest.raises(PermanentError, match="does not accept the login") as refused:
            await way.send("gate@example.org", ["ops@example.org"], CONTENT)
        assert "wrong horse" not in str(refused.value)
    with pytest.raises(TemporaryError, match="cannot be used"):
        await way.send("gate@example.org", ["ops@example.org"], CONTENT)
    assert not server.came
