"""Which application permissions each consent step's token must carry, and what each is for.

Rule: least privilege. A permission that serves nothing named here is not asked for (Graph permissions reference).
"""

from lockgate.model.service_account import ConsentStep

PURPOSES: dict[ConsentStep, dict[str, str]] = {
    ConsentStep.MAIL_FLOW: {
        "Exchange.ManageAsApp": "make connectors and mail flow rules, with the Exchange administrator role",
    },
    ConsentStep.DIRECTORY: {
        "User.Read.All": "know users, their addresses and job titles: policy targets and impersonation",
        "GroupMember.Read.All": "know groups and who is in them: policy targets",
        "Domain.Read.All": "know the organisation's domains",
        "Organization.Read.All": "know the organisation's name",
        "Mail.Send": "send the outbound probe message from a mailbox to itself, and nothing else",
        "Mail.ReadWrite": "find and remove probe messages; pull delivered messages back",
    },
    ConsentStep.ACTIVITY: {
        "ActivityFeed.Read": "read activity data, to judge by user behaviour and to notice changes to our objects",
    },
}
ROLES = {step: frozenset(purposes) for step, purposes in PURPOSES.items()}
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"  # role template id (microsoft-365.md §1.10)
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
