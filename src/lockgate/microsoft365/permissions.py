"""Which application permissions each consent step's token must carry, and what each is for.

Rule: least privilege. A permission that serves nothing named here is not asked for (Graph permissions reference).
"""

from dataclasses import dataclass

from lockgate.model.service_account import ConsentStep


@dataclass(frozen=True, slots=True)
class Use:
    """What a permission is for, and every request that needs it: method and path, in braces what differs."""

    purpose: str
    requests: tuple[str, ...]


FEED = "/api/v1.0/{tenant}/activity/feed"
PURPOSES: dict[ConsentStep, dict[str, Use]] = {
    ConsentStep.MAIL_FLOW: {
        "Exchange.ManageAsApp": Use(
            "make connectors and mail flow rules, with the Exchange administrator role or a narrower one",
            ("POST /adminapi/beta/{tenant}/InvokeCommand", "GET /adminapi/v1.0/{tenant}/EXOModuleFile"),
        ),
    },
    ConsentStep.DIRECTORY: {
        "User.Read.All": Use(
            "know users, their addresses and job titles: policy targets and impersonation", ("GET /v1.0/users/delta",)
        ),
        "GroupMember.Read.All": Use("know groups and who is in them: policy targets", ("GET /v1.0/groups/delta",)),
        "Domain.Read.All": Use("know the organisation's domains", ("GET /v1.0/domains",)),
        "Organization.Read.All": Use("know the organisation's name", ("GET /v1.0/organization",)),
        "Mail.Send": Use(
            "send the outbound probe from a mailbox to itself, and notifications where they go through the tenant",
            ("POST /v1.0/users/{mailbox}/sendMail",),
        ),
        "Mail.ReadWrite": Use(
            "make and remove a draft, so that a mailbox knows our header fields; find and remove probe messages by "
            "their Message-ID; when an analyst takes a delivered message back, find its copies in the same way, move "
            "them, keep them in our quarantine and delete them, or put them back",
            (
                "GET /v1.0/users/{mailbox}/messages",
                "GET /v1.0/users/{mailbox}/messages/{message}",
                "GET /v1.0/users/{mailbox}/messages/{message}/$value",
                "GET /v1.0/users/{mailbox}/mailFolders/{folder}",
                "POST /v1.0/users/{mailbox}/messages",
                "POST /v1.0/users/{mailbox}/messages/{message}/move",
                "POST /v1.0/users/{mailbox}/messages/{message}/permanentDelete",
            ),
        ),
    },
    ConsentStep.ACTIVITY: {
        "ActivityFeed.Read": Use(
            "read activity data, to judge by user behaviour and to notice changes to our objects",
            (
                f"GET {FEED}/subscriptions/list",
                f"POST {FEED}/subscriptions/start",
                f"POST {FEED}/subscriptions/stop",
                f"GET {FEED}/subscriptions/content",
                f"GET {FEED}/audit/{{content}}",
            ),
        ),
    },
}
ROLES = {step: frozenset(purposes) for step, purposes in PURPOSES.items()}
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"  # role template id (microsoft-365.md §1.10)
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
