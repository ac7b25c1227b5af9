"""The SMTP protocol without sockets: bytes in, events out, replies in, bytes out.

The rule: nothing here knows a socket, a clock, a task or anything else of ours, so every conversation can be
replayed byte for byte in a test.
"""
