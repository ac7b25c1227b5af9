"""Relays messages listener -> pool -> sink and tells how many per second, and per second of the relay's own CPU.

Three processes: this one relays; one child sinks; one child loads, with a new connection per message.
Run: python bench/smtp_relay.py [--messages 20000] [--octets 34000] [--clients 20] [--profile]
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import pstats
import resource
import socket
import time

import uvloop

from lockgate.smtp.delivery import NextHop, Settlement, TlsUse
from lockgate.smtp.listener import ListenerSettings, bind, listening
from lockgate.smtp.pool import Pool
from lockgate.smtp.protocol.envelope import Envelope, MailFrom, Recipient
from lockgate.smtp.protocol.replies import Reply
from lockgate.smtp.sender import Sender
from lockgate.smtp.service import Peer, Session, Transaction

OK = Reply(250, "2.0.0", "OK")


class Accepting:
    """Says yes to everything and forgets it."""

    async def connected(self, peer: Peer) -> Reply:
        """220."""
        return Reply(220, "", "bench ESMTP")

    async def mail_from(self, session: Session, command: MailFrom) -> Reply:
        """250."""
        return OK

    async def rcpt_to(self, session: Session, command: Recipient) -> Reply:
        """250."""
        return OK

    async def may_receive(self, session: Session, expected_size: int | None) -> Reply | None:
        """Always."""
        return None

    async def message(self, transaction: Transaction) -> Reply:
        """250."""
        return OK

    def content_released(self, session: Session) -> None:
        """Nothing kept."""

    def closed(self, session: Session) -> None:
        """Nothing kept."""


class Relaying(Accepting):
    """Passes every message on with a header in front."""

    def __init__(self, sender: Sender, next_hop: NextHop) -> None:
        self._sender = sender
        self._next_hop = next_hop

    async def message(self, transaction: Transaction) -> Reply:
        """The next hop's reply."""
        envelope = Envelope(transaction.mail_from, transaction.recipients)
        content = [b"Received: from bench by bench\r\n", transaction.content]
        delivery = await self._sender.send(self._next_hop, envelope, content)
        settled = all(outcome.settlement is Settlement.DELIVERED for outcome in delivery.outcomes)
        return OK if settled else delivery.outcomes[0].reply


def sink(sock: socket.socket) -> None:
    """Child process: a listener of ours that keeps nothing."""

    async def run() -> None:
        async with listening(Accepting(), ListenerSettings("sink", max_connections_per_peer=1000), [sock]):
            await asyncio.Event().wait()

    uvloop.run(run())


def load(port: int, messages: int, octets: int, clients: int, done: "multiprocessing.Queue[tuple[float, int]]") -> None:
    """Child process: sends `messages`, each on its own connection, and counts final 250s."""
    content = (b"Subject: bench\r\n\r\n" + (b"x" * 74 + b"\r\n") * (octets // 76)) + b".\r\n"
    envelope = b"MAIL FROM:<a@bench.example>\r\nRCPT TO:<b@bench.example>\r\nDATA\r\n"

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readuntil(b"220 ")
        writer.write(b"EHLO load\r\n")
        await reader.readuntil(b"250 LIMITS")
        writer.write(envelope)
        await reader.readuntil(b"354 ")
        writer.write(content)
        await reader.readline()
        reply = await reader.readline()
        writer.write(b"QUIT\r\n")
        writer.close()
        return reply.startswith(b"250")

    async def worker(quota: int) -> int:
        return sum([await one() for _ in range(quota)])

    async def run() -> tuple[float, int]:
        started = time.perf_counter()
        accepted = await asyncio.gather(*(worker(messages // clients) for _ in range(clients)))
        return time.perf_counter() - started, sum(accepted)

    done.put(uvloop.run(run()))


async def relay(
    sock: socket.socket, sink_port: int, loader: "multiprocessing.context.ForkProcess", *, bare: bool
) -> None:
    """Relay (or, when `bare`, only receive) until the loader has finished."""
    next_hop = NextHop("127.0.0.1", sink_port, TlsUse.OFF)
    async with Pool("relay", None) as pool:
        service = Accepting() if bare else Relaying(Sender(pool), next_hop)
        async with listening(service, ListenerSettings("relay", max_connections_per_peer=1000), [sock]):
            loader.start()
            await asyncio.to_thread(loader.join)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--octets", type=int, default=34_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--bare", action="store_true", help="measure the listener alone: this process sinks")
    given = parser.parse_args()
    fork = multiprocessing.get_context("fork")
    inward, outward = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    done = fork.Queue()
    sinking = fork.Process(target=sink, args=(outward,), daemon=True)
    loading = fork.Process(
        target=load, args=(inward.getsockname()[1], given.messages, given.octets, given.clients, done), daemon=True
    )
    sinking.start()
    profile = cProfile.Profile()
    if given.profile:
        profile.enable()
    uvloop.run(relay(inward, outward.getsockname()[1], loading, bare=given.bare))
    profile.disable()
    seconds, accepted = done.get()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{accepted} accepted in {seconds:.1f} s: {accepted / seconds:.0f}/s; {accepted / cpu:.0f} per CPU second"
        f" (user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s)"
    )
    if given.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    sinking.terminate()


if __name__ == "__main__":
    main()
