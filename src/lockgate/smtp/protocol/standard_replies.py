"""The fixed replies of the server machine, with the clause that asks for each.

The rule: a reply has one wording and one place; enhanced codes follow RFC 3463 and its registry.
"""

from .replies import Reply

# RFC 5321 §4.2.4: 500 for what is unknown, 502 for what is known and not implemented, 501 for bad arguments.
UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not recognised")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
# RFC 5321 §4.5.3.1.9: line too long.
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
# RFC 5321 §2.3.8: CR and LF only together, as the end of a line.
LINE_WITH_CONTROLS = Reply(500, "5.5.2", "Line holds a bare CR, a bare LF or a NUL")
NOT_UTF8 = Reply(500, "5.5.2", "Line is not valid UTF-8")
NO_ARGUMENT_WANTED = Reply(501, "5.5.4", "No argument allowed")
HELO_NEEDS_NAME = Reply(501, "5.5.4", "Give one host name")
MAIL_SYNTAX = Reply(501, "5.5.2", "Syntax: MAIL FROM:<address>")
RCPT_SYNTAX = Reply(501, "5.5.2", "Syntax: RCPT TO:<address>")
VRFY_NEEDS_ARGUMENT = Reply(501, "5.5.4", "Give an address")
PARAMETER_SYNTAX = Reply(501, "5.5.4", "Malformed parameter")
PARAMETERS_NEED_EHLO = Reply(555, "5.5.4", "Parameters need EHLO")
BDAT_SYNTAX = Reply(501, "5.5.4", "Syntax: BDAT size [LAST]")

# RFC 5321 §4.1.4: out of sequence.
NEEDS_HELLO = Reply(503, "5.5.1", "Say EHLO first")
NEEDS_MAIL = Reply(503, "5.5.1", "MAIL FROM comes first")
NESTED_MAIL = Reply(503, "5.5.1", "A transaction is open already")
NEEDS_RECIPIENT = Reply(503, "5.5.1", "RCPT TO comes first")
BDAT_IN_PROGRESS = Reply(503, "5.5.1", "BDAT in progress; only BDAT, NOOP, RSET or QUIT now")
TLS_ACTIVE = Reply(503, "5.5.1", "TLS is active already")
REFUSED_SESSION = Reply(503, "5.5.1", "No service here; only QUIT is possible")
# RFC 5321 §3.3: 554 when there are no valid recipients.
NO_VALID_RECIPIENTS = Reply(554, "5.5.1", "No valid recipients")
# RFC 3207 §4.
NEEDS_TLS = Reply(530, "5.7.0", "Issue STARTTLS first")
TLS_UNAVAILABLE = Reply(502, "5.5.1", "STARTTLS is not offered")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")

OK = Reply(250, "2.0.0", "OK")
BYE = Reply(221, "2.0.0", "Closing the connection")
# RFC 5321 §7.3: addresses are not confirmed.
CANNOT_VERIFY = Reply(252, "2.5.0", "Cannot verify, will accept and try")
HELP = Reply(214, "2.0.0", "EHLO HELO STARTTLS MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT")
# RFC 2034 §3: no enhanced code with 3yz.
SEND_CONTENT = Reply(354, "", "End with CRLF.CRLF")

CHUNK_RECEIVED = Reply(250, "2.0.0", "Chunk received")

# RFC 1870 §6.
TOO_LARGE = Reply(552, "5.3.4", "Message larger than the limit")
# RFC 5321 §4.5.3.1.10.
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
# RFC 6531 §3.5.
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Non-ASCII address needs SMTPUTF8")
# Exchange refuses the same content with this code; what would pass here would fail, or be split, further on.
BARE_LINE_ENDS = Reply(550, "5.6.11", "Content holds a bare CR or a bare LF")
CONTENT_WITH_NUL = Reply(550, "5.6.11", "Content holds a NUL octet")

TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")
SHUTTING_DOWN = Reply(421, "4.3.2", "Service is going down")
TIMED_OUT = Reply(421, "4.4.2", "Timed out")
