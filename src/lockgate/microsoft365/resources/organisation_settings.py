"""Settings of the organisation that a plan may change: what has to be prepared, and the fixes that are offered.

Organisation customisation is part of every plan for an organisation that lacks it. The fixes are made only when the
administrator has chosen them (microsoft-365.md §3.4, §4.10).
"""

from collections.abc import Callable

from lockgate.microsoft365.resources.adjustment import Adjustment
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.fixes import Fix

CUSTOMISATION = Adjustment(
    kind="organisation",
    noun="OrganizationConfig",
    setting="IsDehydrated",
    reason="A new organisation takes no changes of its policies until it was prepared once.",
    wanted_by=lambda wanted: bool(wanted.active),
    asked=lambda _, __: False,
    change="Enable-OrganizationCustomization",
    lasting="The organisation stays prepared for customisation: Microsoft has no way back",
)


def _chosen(fix: Fix) -> Callable[[Wanted], bool]:
    return lambda wanted: bool(wanted.active) and fix in wanted.fixes


FIXES: dict[Fix, Adjustment] = {
    Fix.SPF_HARD_FAIL: Adjustment(
        kind="anti-spam policy",
        noun="HostedContentFilterPolicy",
        setting="MarkAsSpamSpfRecordHardFail",
        reason="Returned mail comes from our address, so SPF would fail for every sender that publishes a record.",
        wanted_by=_chosen(Fix.SPF_HARD_FAIL),
        asked=lambda _, now: "Off" if now == "On" else now,
    ),
    Fix.RICH_TEXT: Adjustment(
        kind="remote domain",
        noun="RemoteDomain",
        setting="TNEFEnabled",
        reason="Rich text hides the whole message in winmail.dat, which can be neither inspected nor opened outside.",
        wanted_by=_chosen(Fix.RICH_TEXT),
        asked=lambda _, __: False,
        concerns=lambda item: item.get("DomainName") == "*",
    ),
    Fix.AUDIT_LOG: Adjustment(
        kind="audit log",
        noun="AdminAuditLogConfig",
        setting="UnifiedAuditLogIngestionEnabled",
        reason="Without it Microsoft records nothing, and changes to our objects cannot be told.",
        wanted_by=_chosen(Fix.AUDIT_LOG),
        asked=lambda _, __: True,
        by_identity=False,
    ),
}
