"""The process that reads one held message: bytes on standard input, the preview as JSON on standard output.

Started as `python -m lockgate.quarantine.reading_worker <address space bytes>`. Holds no secrets, opens nothing.
"""

import resource
import sys

from lockgate.quarantine.preview import preview
from lockgate.quarantine.reading import PREVIEWS


def main() -> None:
    """Read, judge nothing, answer."""
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    shown = PREVIEWS.dump_python(preview(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(PREVIEWS.dump_json(shown))


if __name__ == "__main__":
    main()
