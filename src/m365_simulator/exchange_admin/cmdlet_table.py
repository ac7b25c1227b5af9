"""The cmdlets and their parameters, read from `cmdlets.txt`: what a call is checked against before it runs."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Parameters that every cmdlet takes (PowerShell's common ones as far as the admin API forwards them).
COMMON = {
    "confirm": "Boolean",
    "whatif": "SwitchParameter",
    "erroraction": "String",
    "warningaction": "String",
    "verbose": "SwitchParameter",
    "debug": "SwitchParameter",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as its documentation declares it."""

    name: str
    type_name: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet: `roles` are the management roles any of which allows it."""

    name: str
    roles: frozenset[str]
    needs_customization: bool
    parameters: dict[str, Parameter]  # by lower-case name

    @property
    def verb(self) -> str:
        """Get, New, Set, Remove, ..."""
        return self.name.partition("-")[0]

    @property
    def noun(self) -> str:
        """TransportRule, InboundConnector, ..."""
        return self.name.partition("-")[2]


@cache
def cmdlets() -> dict[str, Cmdlet]:
    """Every cmdlet by its lower-case name."""
    text = files("m365_simulator.exchange_admin").joinpath("cmdlets.txt").read_text(encoding="utf-8")
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    blocks = [block for block in without_comments.split("\n\n") if block.strip()]
    return {cmdlet.name.lower(): cmdlet for cmdlet in map(_cmdlet, blocks)}


def _cmdlet(block: str) -> Cmdlet:
    name, *lines = [line.strip() for line in block.strip().splitlines()]
    roles = lines[0].removeprefix("roles:").split(",")
    needs_customization = "dehydrated" in lines
    listed = " ".join(line for line in lines[1:] if line != "dehydrated")
    parameters = [_parameter(item.strip()) for item in listed.split(",") if item.strip()]
    return Cmdlet(
        name=name,
        roles=frozenset(role.strip() for role in roles),
        needs_customization=needs_customization,
        parameters={parameter.name.lower(): parameter for parameter in parameters},
    )


def _parameter(item: str) -> Parameter:
    name, _, type_name = item.partition(":")
    return Parameter(name.rstrip("*"), type_name.removeprefix("System."), name.endswith("*"))
