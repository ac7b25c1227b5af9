"""Every transcript, three ways: whole and in arbitrary pieces against the pure machine, and over a socket."""

import asyncio
import ssl
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.smtp.listener import ListenerSettings
from tests.lockgate.smtp.conversing import PureDriver, cut
from tests.lockgate.smtp.serving import Authority, ScriptedService, serving
from tests.lockgate.smtp.transcripts import Answers, Transcript, Turn, load_all

TRANSCRIPTS = load_all()
every_transcript = pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)


def test_there_are_enough_of_them() -> None:
    assert len(TRANSCRIPTS) >= 40


def play(transcript: Transcript, cuts: Iterable[int] | None) -> None:
    answers = Answers(transcript.options)
    driver = PureDriver(transcript.limits, answers)
    for turn in transcript.turns:
        pieces = cut(turn.sent, cuts) if cuts is not None else [turn.sent]
        said = driver.feed(pieces).decode().splitlines()
        assert said == turn.replies
        assert driver.closed is turn.closed
        if turn.tls:
            assert driver.starting_tls
            assert driver.machine.tls_started() == 0
            driver.run()
    assert answers.messages == transcript.messages


@every_transcript
def test_whole(transcript: Transcript) -> None:
    play(transcript, None)


@every_transcript
def test_octet_by_octet(transcript: Transcript) -> None:
    play(transcript, range(1, 2000))


@every_transcript
@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(min_value=0, max_value=2000), max_size=12))
def test_cut_anywhere(transcript: Transcript, cuts: list[int]) -> None:
    play(transcript, cuts)


@every_transcript
async def test_over_a_socket(transcript: Transcript, authority: Authority) -> None:
    limits = transcript.limits
    service = ScriptedService(Answers(transcript.options))
    listener_settings = ListenerSettings(
        limits.hostname,
        authority.server if limits.tls_offered else None,
        limits.tls_required,
        max_size=limits.max_size,
        max_recipients=limits.max_recipients,
        max_errors=limits.max_errors,
        max_line=limits.max_line,
        max_idle_commands=limits.max_idle_commands,
        bare_line_ends_in_bdat=limits.bare_line_ends_in_bdat,
    )
    async with asyncio.timeout(60), serving(service, listener_settings) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in transcript.turns:
            await converse(turn, reader, writer, authority.client)
        writer.close()
    assert service.answers.messages == transcript.messages
    assert service.closed_sessions == 1
    assert service.admitted == service.released


async def converse(
    turn: Turn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
) -> None:
    writer.write(turn.sent)
    said = [(await reader.readline()).decode().removesuffix("\r\n") for _ in turn.replies]
    assert said == turn.replies
    if turn.tls:
        await writer.start_tls(context, server_hostname="gw.example")
    if turn.closed:
        assert await reader.read() == b""
