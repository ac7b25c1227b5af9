# ruff: noqa: SIM905 - split texts are the readable form of these tables
"""Which parameters of a transport rule are conditions, which are actions. house-rule: table

An exception is a condition's name with `ExceptIf` in front. Source: the parameter lists of New-TransportRule.
"""

CONDITION_PARAMETERS = frozenset(
    """
    ADComparisonAttribute ADComparisonOperator AnyOfCcHeader AnyOfCcHeaderMemberOf
    AnyOfRecipientAddressContainsWords AnyOfRecipientAddressMatchesPatterns AnyOfToCcHeader
    AnyOfToCcHeaderMemberOf AnyOfToHeader AnyOfToHeaderMemberOf AttachmentContainsWords
    AttachmentExtensionMatchesWords AttachmentHasExecutableContent AttachmentIsPasswordProtected
    AttachmentIsUnsupported AttachmentMatchesPatterns AttachmentNameMatchesPatterns
    AttachmentProcessingLimitExceeded AttachmentPropertyContainsWords AttachmentSizeOver BetweenMemberOf1
    BetweenMemberOf2 ContentCharacterSetContainsWords From FromAddressContainsWords FromAddressMatchesPatterns
    FromMemberOf FromScope HasClassification HasNoClassification HasSenderOverride HeaderContainsMessageHeader
    HeaderContainsWords HeaderMatchesMessageHeader HeaderMatchesPatterns ManagerAddresses
    ManagerForEvaluatedUser MessageContainsDataClassifications MessageSizeOver MessageTypeMatches
    RecipientADAttributeContainsWords RecipientADAttributeMatchesPatterns RecipientAddressContainsWords
    RecipientAddressMatchesPatterns RecipientDomainIs RecipientInSenderList SCLOver
    SenderADAttributeContainsWords SenderADAttributeMatchesPatterns SenderDomainIs SenderInRecipientList
    SenderIpRanges SenderManagementRelationship SentTo SentToMemberOf SentToScope SubjectContainsWords
    SubjectMatchesPatterns SubjectOrBodyContainsWords SubjectOrBodyMatchesPatterns WithImportance
    """.split()
)

ACTION_PARAMETERS = frozenset(
    """
    AddManagerAsRecipientType AddToRecipients ApplyClassification ApplyHtmlDisclaimerFallbackAction
    ApplyHtmlDisclaimerLocation ApplyHtmlDisclaimerText ApplyOME ApplyRightsProtectionCustomizationTemplate
    ApplyRightsProtectionTemplate BlindCopyTo CopyTo DeleteMessage Disconnect GenerateIncidentReport
    GenerateNotification IncidentReportContent LogEventText ModerateMessageByManager ModerateMessageByUser
    NotifySender PrependSubject Quarantine RedirectMessageTo RejectMessageEnhancedStatusCode
    RejectMessageReasonText RemoveHeader RemoveOME RemoveOMEv2 RemoveRMSAttachmentEncryption
    RouteMessageOutboundConnector RouteMessageOutboundRequireTls SetAuditSeverity SetHeaderName SetHeaderValue
    SetSCL SmtpRejectMessageRejectStatusCode SmtpRejectMessageRejectText StopRuleProcessing
    """.split()
)

# Conditions and exceptions that come two by two: one is refused without the other.
HEADER_PAIRS = (
    ("HeaderContainsMessageHeader", "HeaderContainsWords"),
    ("HeaderMatchesMessageHeader", "HeaderMatchesPatterns"),
)

# Conditions whose values name recipients of the organisation (groups only, or anybody).
GROUP_CONDITIONS = frozenset(
    "SentToMemberOf FromMemberOf AnyOfToHeaderMemberOf AnyOfCcHeaderMemberOf AnyOfToCcHeaderMemberOf "
    "BetweenMemberOf1 BetweenMemberOf2".split()
)
RECIPIENT_CONDITIONS = frozenset("SentTo From AnyOfToHeader AnyOfCcHeader AnyOfToCcHeader".split())
