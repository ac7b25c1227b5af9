"""Runs every house rule over the tracked tree and prints each breach as path:line: text."""

import sys
from pathlib import Path

from tools.lint import module_names, patience, registry_hosts, sizes

RULES = (sizes.breaches, module_names.breaches, registry_hosts.breaches, patience.breaches)


def main() -> int:
    """Exit status 1 when any rule is broken."""
    found = [breach for rule in RULES for breach in rule(Path())]
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
