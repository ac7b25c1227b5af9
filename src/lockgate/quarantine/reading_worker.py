"""The process that reads one held message: bytes on standard input; the preview as JSON, or text, on standard output.

Started as `python -m lockgate.quarantine.reading_worker <address space bytes> <Reading>`. Holds no secrets, opens
nothing.
"""

import resource
import sys

from lockgate.quarantine.preview import preview, said
from lockgate.quarantine.reading import PREVIEWS, Reading


def main() -> None:
    """Read, judge nothing, answer."""
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    content = sys.stdin.buffer.read()
    match Reading(sys.argv[2]):
        case Reading.PREVIEW | Reading.PICTURES as reading:
            shown = preview(content, with_pictures=reading is Reading.PICTURES)
            answer = PREVIEWS.dump_json(PREVIEWS.dump_python(shown))
        case Reading.TEXT:
            answer = said(content).encode("utf-8", "replace")
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
