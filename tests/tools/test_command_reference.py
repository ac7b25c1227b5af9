"""docs/commands.md says what the commands say."""

from tools.write_command_reference import FILE, reference


def test_the_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(), "run `make docs`"
