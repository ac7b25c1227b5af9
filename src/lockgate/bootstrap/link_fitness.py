"""The doctor's question about the link service: whether it answers where links in mail lead."""

from collections.abc import Awaitable, Iterator

import httpx

from lockgate.model.fitness import Answer, Grade
from lockgate.settings import ClickTimeSettings

PATIENCE = 5.0  # seconds for one answer
QUESTION = "Link service"


def link_fitness(settings: ClickTimeSettings) -> Iterator[Awaitable[Answer]]:
    """One answer where a link service is set up."""
    if settings.public_url:
        yield _answers(settings.public_url)


async def _answers(address: str) -> Answer:
    fix = "Start the links role, and see docs/click-time.md: name in the DNS, certificate, firewall, proxy."
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.get(f"{address.rstrip('/')}/healthz")
    except (httpx.HTTPError, OSError) as error:
        why = f"{address}: {error or type(error).__name__}; links in mail cannot be followed"
        return Answer(QUESTION, Grade.FAIL, why, fix)
    if answer.status_code != httpx.codes.OK or answer.text != "ok":
        return Answer(QUESTION, Grade.FAIL, f"something else answers at {address} ({answer.status_code})", fix)
    if not address.startswith("https://"):
        told = f"{address}: people's links travel unencrypted"
        return Answer(QUESTION, Grade.WARN, told, "Give it a certificate, and https in click_time.public_url.")
    return Answer(QUESTION, Grade.PASS, f"answers at {address}")
