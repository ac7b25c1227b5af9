"""`python -m lockgate.commands`: the same as `lockgate`."""

from lockgate.commands.app import main

main()
