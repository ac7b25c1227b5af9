"""Installs the programs that the tests drive and that no Python package brings: a browser, an SMTP peer, scanners.

On Debian as root it uses apt; elsewhere it says what to install. What is there already is left alone.
"""

import os
import shutil
import subprocess
import sys

# How to see that something is there, and the Debian package that brings it.
NEEDED = {
    "chromium": ("chromium", "--version"),
    "swaks": ("swaks", "--version"),
    "clamav-daemon": ("clamd", "--version"),
    "c-icap": ("c-icap", "-V"),
    "libc-icap-mod-virus-scan": ("test", "-e", "/usr/share/doc/libc-icap-mod-virus-scan"),
    "libnet-ssleay-perl": ("perl", "-MNet::SSLeay", "-e", "1"),  # without it swaks speaks no TLS
}


def main() -> int:
    """Exit status 1 when something is missing and cannot be installed from here."""
    missing = [package for package, probe in NEEDED.items() if not _works(probe)]
    if not missing:
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"The tests need {', '.join(missing)}: install them with your system's package manager and try again.")
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(f"'{' '.join(command)}' failed; install {', '.join(missing)} by hand and try again.")
            return 1
    return 0


def _works(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
