"""Takes in a logo: read and written anew by a process of its own that is killed when it takes too long.

Rule: bytes that somebody uploads are never opened in the console's process; what is kept is a PNG that we wrote.
"""

import io
import resource
import subprocess
import sys

from lockgate.model.errors import InvalidInput

LARGEST = 200_000  # bytes
SIZE = (960, 288)  # pixels at most
SECONDS = 15
MEMORY = 1024**3


def clean(content: bytes) -> bytes:
    """The logo as PNG; raises InvalidInput when it is none, or too large. Blocking."""
    if len(content) > LARGEST:
        raise InvalidInput(f"The logo is larger than {LARGEST // 1000} kB.")
    program = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(program, input=content, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InvalidInput("The logo cannot be read as a PNG or JPEG picture.") from None
    if done.returncode or not done.stdout:
        raise InvalidInput("The logo cannot be read as a PNG or JPEG picture.")
    return done.stdout


def main() -> int:
    """From standard input to standard output."""
    from PIL import Image

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with Image.open(io.BytesIO(sys.stdin.buffer.read(LARGEST)), formats=("PNG", "JPEG")) as picture:
        found = picture.convert("RGBA")
    found.thumbnail(SIZE)
    found.save(sys.stdout.buffer, "PNG")
    return 0


if __name__ == "__main__":
    sys.exit(main())
