"""Passwords are found where people write them, in their languages, the surest first; few enough to try them all."""

import pytest

from lockgate.detection.files.passwords import MOST, Source, candidates, speaks_of_one


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("Password: Winter-77", "Winter-77"),
        ("The password for the attached file is Winter-77.", "Winter-77"),
        ("password is: 'Winter-77'", "Winter-77"),
        ("Archive password - 4411", "4411"),
        ("Pass: 4411 (valid today)", "4411"),
        ("PIN 4411", "4411"),
        ("Das Passwort lautet: Äpfel12", "Äpfel12"),
        ("Kennwort für die Datei: Winter-77", "Winter-77"),
        ("Mot de passe : Hiver77!", "Hiver77!"),
        ("La contraseña del archivo es Invierno77", "Invierno77"),
        ("Senha: inverno77", "inverno77"),
        ("Wachtwoord: winter77", "winter77"),
        ("Hasło do pliku: zima77", "zima77"),
        ("Heslo je zima77", "zima77"),
        ("Пароль: зима77", "зима77"),
        ("Пароль от архива 4411", "4411"),
        ("Parola: kis77", "kis77"),
        ("Şifre: kis77", "kis77"),
        ("Lösenord: vinter77", "vinter77"),
        ("解压码：winter77", "winter77"),
        ("密码是winter77", "winter77"),
        ("パスワード：winter77", "winter77"),
        ("비밀번호: winter77", "winter77"),
        ("Mật khẩu: winter77", "winter77"),
        ("Use the password below to open it.\n\nWinter-77\n\nRegards", "Winter-77"),
        ('The code is in quotes: "Winter-77"', "Winter-77"),
    ],
)
def test_a_password_in_the_text_is_among_the_first_tries(text: str, password: str) -> None:
    found = candidates([text])
    place = next((number for number, each in enumerate(found) if each.text == password), None)
    assert place is not None, [each.text for each in found[:12]]
    assert found[place].source is Source.MAIL
    assert place < 8


def test_the_usual_ones_follow_and_the_list_stays_short() -> None:
    found = candidates(["password: " + " password: ".join(f"word{number}" for number in range(500))], ["bill.zip"])
    assert {"infected", "VelvetSweatshop", "bill"} <= {each.text for each in found}
    assert len(found) <= MOST + 5


def test_a_text_without_a_password_gives_only_the_usual_ones() -> None:
    assert {each.source for each in candidates(["See you on Monday at the office."])} == {Source.USUAL}
    assert speaks_of_one("See you on Monday at the office.") == ""


def test_what_is_shown_of_the_text_is_never_the_password_itself() -> None:
    assert "Winter-77" not in speaks_of_one("Please note. The password is Winter-77, thank you.")
