"""What stands behind the rewriters of mail security products, search engines and click counters."""

import pytest

from lockgate.mime.unwrap import unwrap

TARGET = "https://pages.example/a?b=1"
ENCODED = "https%3A%2F%2Fpages.example%2Fa%3Fb%3D1"


@pytest.mark.parametrize(
    "written",
    [
        f"https://nam02.safelinks.protection.outlook.com/?url={ENCODED}&data=05%7C01",
        f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={ENCODED}",
        "https://urldefense.proofpoint.com/v1/url?u=https%3A%2F%2Fpages.example%2Fa%3Fb%3D1&k=x",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__pages.example_a-3Fb-3D1&d=DwMF",
        "https://urldefense.com/v3/__https://pages.example/a?b=1__;!!abc!def$",
        f"https://linkprotect.cudasvc.com/url?a={ENCODED}&c=E,1",
        "https://eu-west-1.protection.sophos.com/?d=pages.example&u=aHR0cHM6Ly9wYWdlcy5leGFtcGxlL2E_Yj0x&i=1",
        f"https://secure-web.cisco.com/1abc/{ENCODED}",
        f"https://cas5-0-urlprotect.trendmicro.com:443/wis/clicktime/v1/query?url={ENCODED}&umid=1",
        "https://protect.checkpoint.com/v2/___https://pages.example/a?b=1___.YzJ1",
        f"https://scanmail.trustwave.com/?c=1&d=2&u={ENCODED}",
        f"https://deref-gmx.net/mail/client/x/dereferrer/?redirectUrl={ENCODED}",
        "https://abc.r.us-east-1.awstrack.me/L0/https:%2F%2Fpages.example%2Fa%3Fb%3D1/1/0100/sig",
        "https://click.pstmrk.it/3s/pages.example%2Fa%3Fb%3D1/abc/def",
        f"https://www.google.co.uk/url?sa=t&q={ENCODED}",
        f"https://ad.doubleclick.net/clk;1;2?{TARGET}",
        f"https://www.googleadservices.com/pagead/aclk?adurl={ENCODED}",
        "https://www.bing.com/ck/a?u=a1aHR0cHM6Ly9wYWdlcy5leGFtcGxlL2E_Yj0x",
        f"https://www.youtube.com/redirect?q={ENCODED}",
        f"https://www.linkedin.com/safety/go?url={ENCODED}",
        "https://r.search.yahoo.com/_ylt=A/RU=https%3a%2f%2fpages.example%2fa%3fb%3d1/RK=2/RS=x",
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3D"
        "https%253A%252F%252Fpages.example%252Fa%253Fb%253D1",
    ],
)  # fmt: skip
def test_the_address_behind_a_rewriter_is_found(written: str) -> None:
    assert unwrap(written) == TARGET


def test_a_rewriter_that_keeps_the_address_still_says_whose_it_is() -> None:
    assert unwrap("https://protect-eu.mimecast.com/s/Ab12?domain=pages.example") == "https://pages.example"


@pytest.mark.parametrize("url", ["https://pages.example/?url=x", "https://www.trendmicro.com/en?url=https://a.example"])
def test_other_addresses_stay_as_they_are(url: str) -> None:
    assert unwrap(url) == url
