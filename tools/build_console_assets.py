"""Fetches what the console's pages load (Tabler, htmx, idiomorph, ECharts, icons) into the package's static/vendor.

axe-core comes along for the tests and stays in the build folder.

Rule: the files are never committed; package-lock.json pins them by hash and names no registry. A stamp of that file
and of this one makes a second run cost nothing.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = ROOT / "src" / "lockgate" / "console"
SOURCE = CONSOLE / "assets_source"
VENDOR = CONSOLE / "static" / "vendor"
WORK = ROOT / "build" / "console-assets"
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.common.min.js",
    "echarts/LICENSE": "echarts.LICENSE.txt",
    "echarts/NOTICE": "echarts.NOTICE.txt",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "idiomorph/dist/idiomorph-ext.min.js": "idiomorph-ext.min.js",
    "idiomorph/LICENSE": "idiomorph.LICENSE.txt",
    "@tabler/icons/LICENSE": "tabler-icons.LICENSE.txt",
}
AXE = WORK / "node_modules" / "axe-core" / "axe.min.js"
ICON = re.compile(r"(?:icon|empty)\(\s*[\"']([a-z0-9-]+)[\"']")
SOURCE_MAP = re.compile(r"\n?(/\*|//)# sourceMappingURL=.*$")


def main() -> int:
    """Exit status 1 when npm is missing or fails."""
    stamp = _stamp()
    stamped = VENDOR / "stamp"
    if AXE.is_file() and stamped.is_file() and stamped.read_text(encoding="ascii") == stamp:
        return 0
    if shutil.which("npm") is None:
        print("The console's pages need Tabler and htmx, which npm fetches: install Node.js with npm and try again.")
        return 1
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCE / name, WORK / name)
    fetched = subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=WORK, check=False)
    if fetched.returncode:
        print("npm could not fetch the console's assets; is its registry reachable?")
        return 1
    _copy(WORK / "node_modules")
    stamped.write_text(stamp, encoding="ascii")
    return 0


def _copy(modules: Path) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for origin, name in FILES.items():
        text = (modules / origin).read_text(encoding="utf-8")
        (VENDOR / name).write_text(SOURCE_MAP.sub("", text.rstrip()) + "\n", encoding="utf-8")
    symbols = [_symbol(modules, name) for name in _icons()]
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (VENDOR / "icons.svg").write_text(sprite, encoding="utf-8")


def _icons() -> list[str]:
    """Every icon that a template or page asks for by `icon("name")` or `empty("name"`."""
    templates = sorted(CONSOLE.rglob("*.html"))
    return sorted({name for file in templates for name in ICON.findall(file.read_text(encoding="utf-8"))})


def _symbol(modules: Path, name: str) -> str:
    file = modules / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
    if not file.is_file():
        raise SystemExit(f"There is no icon '{name}' in Tabler's outline set; a template asks for it.")
    drawing = file.read_text(encoding="utf-8")
    inside = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inside.split())}</symbol>'


def _stamp() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update((SOURCE / "package-lock.json").read_bytes())
    digest.update(" ".join(_icons()).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
