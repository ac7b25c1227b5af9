"""What a letter demands is told by words near one another; numbers of accounts are known by their form."""

import pytest

from lockgate.detection.account_numbers import account_numbers
from lockgate.detection.demands import Demand, demand
from lockgate.detection.text import plain
from lockgate.detection.wishes import wishes

NUMBERS = [
    "IBAN DE89 3704 0044 0532 0130 00",
    "IE.. AIBK ....",
    "sort code 20-45-67, account 31926819",
    "20-45-67 / 31926819",
    "BSB 062-948 acc 1234 5678",
    "ABA 021000021",
    "routing number 026009593",
    "SWIFT code: NDEASESS",
    "Bank acct: 4412 889 203",
    "CLABE 032180000118359719",
    "chave PIX: cobranca@fornecedor.example",
    "bankgiro 5050-1055",
    "ravi.traders@okhdfcbank, IFSC HDFC0001",
    "19-2000145399/0800",
    "61 1090 1014 0000 0712 1981 2874",
    "普通 1234567",
    "账号：6222 0210 0111 6245",
]


@pytest.mark.parametrize("written", NUMBERS)
def test_numbers_of_accounts_are_known_by_their_form(written: str) -> None:
    assert list(account_numbers(plain(written)))


@pytest.mark.parametrize(
    "written", ["on 12-05-26 at 10:30", "invoice 2026-00417", "call 0171 555 0199", "SWIFT answers"]
)
def test_dates_invoices_and_telephones_are_no_accounts(written: str) -> None:
    assert not list(account_numbers(plain(written)))


def wanted(text: str) -> Demand:
    found = demand(wishes(plain(text)))
    assert found is not None
    return found


def test_a_number_beside_words_of_change_says_more_than_words_alone() -> None:
    words = wanted("Please send the payment to our new bank account from now on.")
    number = wanted("Please send the payment to our new bank account from now on: IBAN DE89 3704 0044 0532 0130 00.")
    assert words.is_of_accounts
    assert number.is_of_accounts
    assert number.strength >= words.strength + 0.5


def test_an_invoice_with_its_account_demands_nothing() -> None:
    assert demand(wishes(plain("Invoice 4711 is attached. IBAN DE89 3704 0044 0532 0130 00, due in 30 days."))) is None


@pytest.mark.parametrize(
    "comforting",
    [
        "Ring us on the number you have before you change anything.",
        "Die Änderung kommt mit der Post, rufen Sie uns bitte vorher an.",
        "Vous recevrez un courrier recommandé, appelez le standard avant.",
    ],
)
def test_what_comforts_takes_from_it(comforting: str) -> None:
    letter = "We have a new bank account / neue Bankverbindung / nouveau compte bancaire for your payment."
    calm = demand(wishes(plain(f"{letter} {comforting}")))
    assert calm is None or calm.strength < wanted(letter).strength
