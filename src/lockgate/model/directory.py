"""What we keep of a tenant's directory: enough to choose policies and to know whom attackers imitate."""

from dataclasses import dataclass

CONTACT = "Contact"  # the mailbox type of somebody outside who is in the address book
DYNAMIC_GROUP = "dynamic"  # the kind of a group whose members are whoever a filter fits


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """A user, shared mailbox, room or contact. `addresses` are all SMTP addresses, lower-case, primary first."""

    id: str
    display_name: str
    user_principal_name: str
    addresses: tuple[str, ...]
    enabled: bool = True
    mailbox_type: str = ""
    job_title: str = ""
    department: str = ""
    language: str = ""  # such as `de-AT`; empty: the directory does not say


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """A group; `members` are ids of users and groups directly in it."""

    id: str
    display_name: str
    mail: str
    kind: str
    members: tuple[str, ...]
