"""The manual of the detectors, made from their docstrings, so that it cannot say anything else than the code."""

from pathlib import Path

from lockgate.detection.catalogue import Catalogue
from lockgate.detection.detector import Detector

TITLES = ("Why it matters", "Known false positives", "References")
NOTE = "<!-- Made by `lockgate detectors list --markdown docs/detectors`; edit the detector's docstring instead. -->"


def page(detector: Detector) -> str:
    """One page in Markdown."""
    needs = ", ".join(f"`{need.kind.__name__}`" + (" (optional)" if need.optional else "") for need in detector.needs)
    directions = " and ".join(sorted(detector.directions))
    return (
        f"# {detector.id}\n\n{NOTE}\n\n{_body(detector.page)}\n\n"
        f"| Category | Weight (log-odds) | Maturity | Mail | Looks at |\n|---|---|---|---|---|\n"
        f"| {detector.category} | {detector.weight:+.1f} | {detector.maturity} | {directions} | {needs} |\n"
    )


def index(catalogue: Catalogue) -> str:
    """The page that lists the others."""
    rows = "\n".join(
        f"| [{detector.id}]({detector.id}.md) | {detector.category} | {detector.weight:+.1f} | {detector.maturity} "
        f"| {detector.summary} |"
        for detector in catalogue.detectors
    )
    return (
        f"# Detectors\n\n{NOTE}\n\nWeights are log-odds: 0.7 doubles the odds that a message is unwanted, 2.3 makes "
        "them tenfold; negative ones speak for the message.\n\n"
        f"| Detector | Category | Weight | Maturity | What it finds |\n|---|---|---|---|---|\n{rows}\n"
    )


def sections(detector: Detector) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The first paragraph, and each section with its title, as plain text."""
    first, *rest = detector.page.split("\n\n", 1)
    found: list[tuple[str, str]] = []
    for line in (rest[0] if rest else "").splitlines():
        name, colon, text = line.partition(":")
        if colon and name in TITLES:
            found.append((name, text.strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
    return " ".join(first.split()), tuple((title, text[:1].upper() + text[1:]) for title, text in found)


def pages(catalogue: Catalogue) -> dict[str, str]:
    """File name to text, for the whole folder."""
    listed = {f"{detector.id}.md": page(detector) for detector in catalogue.detectors}
    return {"README.md": index(catalogue), **listed}


def write(catalogue: Catalogue, folder: Path) -> None:
    """Write the folder and remove pages of detectors that are gone."""
    wanted = pages(catalogue)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        folder.joinpath(name).write_text(text, encoding="utf-8")


def _body(text: str) -> str:
    """The docstring with its section names set off."""
    lines = []
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name in TITLES:
            lines.append(f"\n**{name}.**{rest}")
        else:
            lines.append(line)
    return "\n".join(lines)
