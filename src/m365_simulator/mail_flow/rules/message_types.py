"""MessageTypeMatches: what kind of message this is, told from its header fields and MIME types."""

from m365_simulator.mail_flow.rules.facts import Facts

ENCRYPTED_TYPES = {"multipart/encrypted", "application/x-microsoft-rpmsg-message"}
SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}


def matches(facts: Facts, kind: str) -> bool:
    """Whether the message is of Exchange's kind `kind`; Voicemail and ApprovalRequest go by their MIME marks."""
    match kind:
        case "OOF":
            return _is_automatic_reply(facts)
        case "AutoForward":
            return bool(facts.block.first("X-MS-Exchange-Inbox-Rules-Loop")) and not _is_automatic_reply(facts)
        case "Calendaring":
            return any(part.get_content_type() == "text/calendar" for part in facts.parsed.walk())
        case "Encrypted":
            return facts.parsed.get_content_type() in ENCRYPTED_TYPES or _smime(facts) == "enveloped-data"
        case "Signed":
            return facts.parsed.get_content_type() == "multipart/signed" or _smime(facts) == "signed-data"
        case "PermissionControlled":
            return any(name == "message.rpmsg" for name in facts.attachment_names)
        case "ReadReceipt":
            report = facts.parsed.get_param("report-type", "", header="content-type")
            return str(report).lower() == "disposition-notification"
        case "Voicemail":
            return facts.block.first("Content-Class").lower().startswith("voice")
        case _:
            return False


def _is_automatic_reply(facts: Facts) -> bool:
    submitted = facts.block.first("Auto-Submitted").lower()
    return submitted.startswith(("auto-replied", "auto-generated")) and not facts.message.envelope.mail_from


def _smime(facts: Facts) -> str:
    if facts.parsed.get_content_type() not in SMIME_TYPES:
        return ""
    return str(facts.parsed.get_param("smime-type", "enveloped-data", header="content-type")).lower()
