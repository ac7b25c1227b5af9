"""Haraka as a proxy: installed from the package registry when the test runs, configured as its manual says.

One process, its `queue/smtp_forward` plugin, logging only warnings; nothing else is asked of it.
"""

import shutil
import subprocess
from pathlib import Path

RECIPE = Path(__file__).parent / "haraka"  # package.json and the lock file; the code itself is never committed


def install(folder: Path) -> Path | None:
    """The server's script under `folder`, installed when it is not there; None when there is no npm or no network."""
    script = folder / "node_modules" / "Haraka" / "bin" / "haraka"
    lock = (RECIPE / "package-lock.json").read_bytes()
    done = folder / "package-lock.json"
    if script.is_file() and done.is_file() and done.read_bytes() == lock:
        return script
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(RECIPE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--omit=dev", "--omit=optional", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode != 0 or not script.is_file():
        print(f"Haraka could not be installed:\n{installed.stderr[-1000:]}")
        done.unlink(missing_ok=True)
        return None
    return script


def configure(folder: Path, port: int, next_hop: int, certificate: tuple[Path, Path] | None) -> None:
    """A configuration folder for one instance."""
    config = folder / "config"
    shutil.copytree(folder / "node_modules" / "Haraka" / "config", config, dirs_exist_ok=True)  # as `haraka -i` does
    plugins = ["rcpt_to.in_host_list", "queue/smtp_forward"]
    if certificate is not None:
        plugins.insert(0, "tls")
        shutil.copy(certificate[0], config / "tls_cert.pem")
        shutil.copy(certificate[1], config / "tls_key.pem")
    files = {
        "smtp.ini": f"listen=127.0.0.1:{port}\nnodes=0\n",
        "plugins": "\n".join(plugins) + "\n",
        "host_list": "example.com\n",
        "smtp_forward.ini": f"host=127.0.0.1\nport={next_hop}\n",
        "log.ini": "[main]\nlevel=warn\ntimestamps=false\nformat=default\n",
        "me": "haraka.example\n",
        "tls.ini": "key=tls_key.pem\ncert=tls_cert.pem\n",
    }
    for name, content in files.items():
        (config / name).write_text(content)
