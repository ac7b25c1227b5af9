"""Exchange's own results are believed; look-alikes that came with the message are not."""

import os
import tarfile
from pathlib import Path

import pytest

from lockgate.mime.parser import parse
from lockgate.sender_authentication.exchange import exchange_results

OWN = (
    b"Authentication-Results: spf=fail (sender IP is 192.0.2.1)\r\n smtp.mailfrom=bank.example; dkim=none (message not"
    b" signed)\r\n header.d=none;dmarc=fail action=quarantine\r\n header.from=bank.example;compauth=fail reason=000\r\n"
)
FORGED = b"Authentication-Results: spf=pass smtp.mailfrom=bank.example; dmarc=pass;compauth=pass reason=100\r\n"
OTHER = b"Authentication-Results: mx.other.example; spf=pass smtp.mailfrom=bank.example; dmarc=pass\r\n"
REPORT = (
    b"X-Forefront-Antispam-Report:\r\n CIP:192.0.2.1;CTRY:NL;LANG:en;SCL:5;SRV:;IPV:NLI;SFV:SPM;H:mail.x;CAT:SPM;\r\n"
)


def test_the_topmost_result_of_exchange_counts() -> None:
    authentication, _ = exchange_results(parse(OWN + FORGED + b"\r\n"))
    assert authentication is not None
    assert (authentication.spf, authentication.dkim, authentication.dmarc) == ("fail", "none", "fail")
    assert (authentication.compauth, authentication.compauth_reason) == ("fail", "000")
    assert authentication.spf_domain == "bank.example"


def test_another_servers_result_is_not_exchanges() -> None:
    authentication, verdict = exchange_results(parse(OTHER + FORGED + b"\r\n"))
    assert authentication is None
    assert verdict is None


def test_the_filter_verdict_is_read() -> None:
    _, verdict = exchange_results(parse(REPORT + b"X-Microsoft-Antispam: BCL:7;ARA:123;\r\n\r\n"))
    assert verdict is not None
    assert (verdict.spam_confidence, verdict.bulk_complaint, verdict.category) == (5, 7, "SPM")
    assert (verdict.country, verdict.client_ip) == ("NL", "192.0.2.1")


INSIDE = (
    b"Received: from A.eurprd01.prod.outlook.com (2603:10a6:10:110::30)\r\n by B.eurprd01.prod.outlook.com"
    b" (2603:10a6:1::2) with Microsoft SMTP Server; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
)
BORDER = (
    b"Received: from %s (203.0.113.9) by A.mail.protection.outlook.com\r\n (10.1.2.3) with Microsoft SMTP Server;"
    b" Mon, 1 Jan 2024 00:00:00 +0000\r\n"
)


def test_a_result_above_the_border_is_exchanges() -> None:
    authentication, _ = exchange_results(parse(INSIDE + OWN + BORDER % b"mail.bank.example" + FORGED + b"\r\n"))
    assert authentication is not None
    assert authentication.spf == "fail"


@pytest.mark.parametrize("helo", [b"mail.bank.example", b"evil.prod.outlook.com"])
def test_a_result_below_the_border_came_with_the_message(helo: bytes) -> None:
    forged_trace = INSIDE.replace(b"A.eurprd01", b"forged")
    authentication, _ = exchange_results(parse(INSIDE + BORDER % helo + FORGED + forged_trace + b"\r\n"))
    assert authentication is None


def archive() -> Path:
    corpus = Path(os.environ.get("LOCKGATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
    return corpus / "train" / "eop_headers.tar.xz"


@pytest.mark.skipif(not archive().exists(), reason="the corpus is not on this machine")
def test_real_messages_of_exchange_online_are_understood() -> None:
    with tarfile.open(archive()) as opened:
        files = [opened.extractfile(member) for member in opened if member.isfile()]
        results = [exchange_results(parse(file.read())) for file in files if file is not None]
    assert len(results) >= 50
    understood = sum(authentication is not None for authentication, _ in results)
    assert understood >= 0.9 * len(results)
    assert sum(verdict is not None for _, verdict in results) >= 0.9 * len(results)
