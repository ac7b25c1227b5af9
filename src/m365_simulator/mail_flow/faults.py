"""Armed faults on the surface `smtp`. Targets: `mx MAIL <sender>`, `mx RCPT <recipient>`, `mx DATA <sender>`.

Kinds: `status` (parameter `reply`, a whole reply line, or `status` and `text`), `delay` (`seconds`, only at DATA),
`drop` (the connection is cut, nothing is taken), `lose-response` (the message is taken, then the connection is cut).
"""

import asyncio

from m365_simulator.world import Fault, World


def status(world: World, target: str) -> str:
    """The reply that an armed fault gives to this command, or the empty text."""
    fault = world.take_fault("smtp", target)
    return "" if fault is None else _reply(fault)


async def apply(fault: Fault) -> str:
    """Do what the fault asks at the end of DATA; the reply to give, empty when the message goes on as usual."""
    if fault.kind == "delay":
        seconds = fault.parameters.get("seconds", 1)
        await asyncio.sleep(float(seconds) if isinstance(seconds, int | float) else 1.0)
        return ""
    return _reply(fault)


def takes_effect(fault: Fault) -> bool:
    """Whether the message is taken although the client never hears of it."""
    return fault.kind == "lose-response"


def _reply(fault: Fault) -> str:
    if fault.kind in {"drop", "lose-response"}:
        return "421 drop"
    code = fault.parameters.get("status", 451)
    text = fault.parameters.get("text", "4.3.2 Temporary server error. Please try again later")
    return str(fault.parameters.get("reply", f"{code} {text}"))
