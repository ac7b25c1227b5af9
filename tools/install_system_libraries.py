"""Installs the one library that Lockgate needs of the system, libarchive (docs/decisions/0008), when it is missing.

On Debian as root it uses apt; elsewhere it says what to install. Without it Lockgate runs, and names the archives that
it cannot open.
"""

import ctypes.util
import os
import shutil
import subprocess
import sys

PACKAGE = "libarchive-tools"  # depends on the library under the name that it has in this release of Debian


def main() -> int:
    """Always 0: a missing library is reported by `lockgate doctor`, too."""
    if ctypes.util.find_library("archive"):
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print("libarchive is missing: install it with your package manager, so that RAR, CAB and ISO are opened.")
        return 0
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", PACKAGE]
    for command in (["apt-get", "update", "-q"], install):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            print(f"'{' '.join(command)}' failed; install libarchive by hand, so that RAR, CAB and ISO are opened.")
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
