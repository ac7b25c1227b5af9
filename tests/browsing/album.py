"""Pictures of every page that a test comes past, numbered in their order, for people to look at afterwards.

They lie in `var/screenshots`, or where SCREENSHOTS_DIRECTORY says, one folder per test; a run replaces the run before.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Album:
    """The pictures of one test."""

    folder: Path
    taken: list[Path] = field(default_factory=list)

    def take(self, page: Page, name: str) -> None:
        """The whole page as it is now."""
        picture = self.folder / f"{len(self.taken) + 1:02}-{name}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        self.taken.append(picture)


def album(name: str) -> Album:
    """An empty album."""
    folder = Path(os.environ.get("SCREENSHOTS_DIRECTORY") or ROOT / "var" / "screenshots") / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Album(folder)
