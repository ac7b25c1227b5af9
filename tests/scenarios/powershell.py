"""Runs the PowerShell of a document over the admin API, as its reader would type it: what it says has to work."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from lockgate.microsoft365.exchange_client import ExchangeClient

BLOCK = re.compile(r"```powershell\n(.*?)```", re.DOTALL)


def blocks(document: Path) -> list[list[str]]:
    """The commands of each PowerShell block."""
    return [found.strip().splitlines() for found in BLOCK.findall(document.read_text(encoding="utf-8"))]


def parsed(line: str, variables: Mapping[str, str]) -> tuple[str, dict[str, object]]:
    """The cmdlet and its parameters; several values are separated by commas."""
    cmdlet, *words = shlex.split(line.replace(", ", ","))
    parameters: dict[str, object] = {}
    name = ""
    for word in words:
        if word.startswith("-") and ":$" in word:
            parameters[word[1:].partition(":")[0]] = word.endswith(":$true")
        elif word.startswith("-"):
            name = word[1:]
        else:
            values = [variables.get(part, part) for part in word.split(",")]
            parameters[name] = values if len(values) > 1 else values[0]
    return cmdlet, parameters


async def run(exchange: ExchangeClient, lines: list[str], **variables: str) -> None:
    """Run the commands one after another; raises what Exchange refuses with."""
    for line in lines:
        cmdlet, parameters = parsed(line, {f"${name}": value for name, value in variables.items()})
        await exchange.run(cmdlet, **parameters)
