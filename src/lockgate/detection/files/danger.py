"""Which kinds of files run something when they are opened, and which names promise that they do."""

from lockgate.detection.files import kinds
from lockgate.detection.files.identify import extension
from lockgate.detection.files.kinds import Family

RUNNING = frozenset(
    {Family.EXECUTABLE, Family.SCRIPT, Family.SHORTCUT, Family.DISK_IMAGE, Family.INSTALLER, Family.HELP,
     Family.ONENOTE}
)  # fmt: skip
TOOLS_OF_THE_TRADE = frozenset({"py", "pl", "rb", "sh", "sql", "so", "o", "ko", "bin"})
"""Extensions that Windows does not run on a double click: developers mail such files."""

_RUN = {
    extension_
    for kind in kinds.ALL
    if kind.family in RUNNING
    for extension_ in kind.extensions
} - {"msg", *TOOLS_OF_THE_TRADE}  # fmt: skip


def dangerous_kind(kind: kinds.Kind, name: str) -> bool:
    """Whether opening a file of this kind and name runs something or hides it from the mark of the web."""
    if extension(name) in kinds.RUN_BY_NAME and extension(name) not in TOOLS_OF_THE_TRADE:
        return True  # what is behind the name may be a picture, too: interpreters skip what they do not understand
    if kind.family not in RUNNING:
        return False
    if kind in (kinds.ELF, kinds.MACH_O) or kind is kinds.SCRIPT:
        return extension(name) not in TOOLS_OF_THE_TRADE
    return True


def dangerous_name(name: str) -> bool:
    """Whether a file of this name, whose content cannot be seen, would run something."""
    return extension(name) in _RUN
