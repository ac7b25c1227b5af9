"""The process that opens one report: mail on standard input, what it encloses as JSON on standard output.

Started as `python -m lockgate.end_users.reports.taking_out_worker <address space bytes>`. Holds no secrets.
"""

import resource
import sys

from lockgate.end_users.reports.taking_out import ANSWERS
from lockgate.mime.enclosed import enclosed


def main() -> None:
    """Open, judge nothing, answer."""
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    found = enclosed(sys.stdin.buffer.read())
    sys.stdout.buffer.write(ANSWERS.dump_json((found.comment, found.message)))


if __name__ == "__main__":
    main()
