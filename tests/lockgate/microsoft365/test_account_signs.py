"""Signs of accounts that somebody else may use, as the activity feed's records tell them."""

from datetime import UTC, datetime

import pytest

from lockgate.microsoft365.account_signs import signs_in
from lockgate.model.risk import Sign

ADA = "Ada@contoso.example"


def a_rule(operation: str = "New-InboxRule", **parameters: str) -> dict[str, object]:
    return {
        "Id": "r1", "RecordType": 1, "Operation": operation, "CreationTime": "2026-03-01T09:00:00", "UserId": ADA,
        "Parameters": [{"Name": name, "Value": value} for name, value in parameters.items()],
    }  # fmt: skip


def a_sign_in(minute: int, client: str, operation: str = "UserLoggedIn") -> dict[str, object]:
    return {
        "Id": f"s{minute}{client}", "RecordType": 15, "Operation": operation, "UserId": ADA, "ClientIP": client,
        "CreationTime": f"2026-03-01T{9 + minute // 60:02}:{minute % 60:02}:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "deed"),
    [
        (a_rule(Name="x", ForwardTo="eve@evil.example"), "forwards to eve@evil.example"),
        (a_rule("Set-InboxRule", Identity="y", RedirectTo="eve@evil.example"), "redirects to eve@evil.example"),
        (a_rule(Name="z", DeleteMessage="True", MoveToFolder="ada:\\RSS Feeds"), "deletes mail, moves mail to"),
    ],
)
def test_a_rule_that_sends_mail_on_or_hides_it_is_a_sign(rule: dict[str, object], deed: str) -> None:
    [sign] = signs_in([rule], "t")
    assert (sign.sign, sign.address, sign.id) == (Sign.INBOX_RULE, "ada@contoso.example", "r1")
    assert deed in sign.detail and sign.at == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "record",
    [
        a_rule(Name="Newsletters", MoveToFolder="ada:\\Reading"),
        a_rule(Name="off", DeleteMessage="False"),
        a_rule("Remove-InboxRule", ForwardTo="eve@evil.example"),
        a_rule(ForwardTo="eve@evil.example") | {"CreationTime": "yesterday"},
        a_rule(ForwardTo="eve@evil.example") | {"Parameters": "none"},
    ],
)
def test_other_rules_and_damaged_records_are_none(record: dict[str, object]) -> None:
    assert signs_in([record], "t") == []


def test_three_networks_within_an_hour_are_one_sign_however_often_it_is_read() -> None:
    records = [
        a_sign_in(5, "192.0.2.1"), a_sign_in(20, "198.51.100.7:4711"), a_sign_in(30, "[2001:db8::1]:443"),
        a_sign_in(40, "203.0.113.9"),
    ]  # fmt: skip
    [sign] = signs_in(records, "t")
    assert sign.sign is Sign.PLACES and "3 networks" in sign.detail
    assert "198.51.0.0/16" in sign.detail and "2001:db8::/32" in sign.detail
    assert signs_in([*reversed(records)], "t") == [sign]


def test_the_same_networks_over_a_day_or_failed_sign_ins_are_none() -> None:
    apart = [a_sign_in(0, "192.0.2.1"), a_sign_in(65, "198.51.100.7"), a_sign_in(130, "203.0.113.9")]
    failed = [a_sign_in(one, f"198.{51 + one}.100.7", "UserLoginFailed") for one in range(5)]
    office = [a_sign_in(one, f"192.0.2.{one}") for one in range(9)]
    assert signs_in([*apart, *failed, *office], "t") == []
