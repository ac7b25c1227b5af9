"""`lockgate model`: train the classifier anew, also on mail of one's own, and look at the one in use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lockgate.commands.feedback import feedback_app
from lockgate.commands.output import SettingsFile, quiet_settings
from lockgate.detection.classifier import model as classifier
from lockgate.learning.material import (
    NON_COMMERCIAL,
    OUR_WRITING,
    REVIEWED,
    Labelled,
    corpus_mail,
    folder_mail,
    invented_mail,
)

model_app = typer.Typer(help="The classifier: train it, look at it.", no_args_is_help=True)
model_app.add_typer(feedback_app, name="feedback")
Folders = list[Path] | None


@model_app.command()
def train(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where the model is written.")],
    corpus: Annotated[Path | None, typer.Option(help="A corpus folder with train/MANIFEST.tsv.")] = None,
    ham: Annotated[
        Folders, typer.Option("--ham", help="A folder of wanted messages of your own; may be repeated.")
    ] = None,
    unwanted: Annotated[
        Folders, typer.Option("--unwanted", help="A folder of unwanted messages; may be repeated.")
    ] = None,
    reviewed: Annotated[bool, typer.Option("--reviewed", help="Also learn from feedback that was approved.")] = False,
    include_non_commercial: Annotated[
        bool, typer.Option("--include-non-commercial", help="Also use sources that forbid commercial use.")
    ] = False,
    keep_unseen: Annotated[
        bool, typer.Option("--keep-unseen", help="Leave out a third of the campaigns, as the measurements do.")
    ] = False,
    invented: Annotated[
        bool, typer.Option(help="Also learn from the invented mail that comes with the product.")
    ] = True,
    seed: Annotated[int, typer.Option(help="The same mail and seed give the same file.")] = 1,
    card: Annotated[Path | None, typer.Option(help="Where the model card is written.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Learn from a corpus, from invented mail and from your own folders, and write the model."""
    from lockgate.learning.card import card as written
    from lockgate.learning.training import examples
    from lockgate.learning.training import train as learn

    mail = [*_mail(corpus, ham, unwanted, seed if invented else None), *(_reviewed(settings) if reviewed else ())]
    left_out = frozenset() if include_non_commercial else NON_COMMERCIAL
    everything = examples([one for one in mail if card is not None or one.source not in left_out])
    used = [
        one
        for one in everything
        if one.source not in left_out and not (one.held_out and _kept(one.source, keep_unseen))
    ]
    made = learn(used, seed)
    packed = classifier.pack(made)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(packed)
    if card is not None:
        unseen = [one for one in everything if one.held_out]
        measured = made if keep_unseen else learn([one for one in used if not one.held_out], seed)
        card.write_text(written(made, used, [*unseen], len(packed), measured), encoding="utf-8")
    typer.echo(f"{to}: version {made.version}, {len(used)} messages, {len(packed):,} bytes")


@model_app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="A model; default: the one that comes with the product.")] = None,
) -> None:
    """Version and limits of a model."""
    classifier.use(file)
    found = classifier.current()
    typer.echo(f"version {found.version}, from {found.least:+.1f} to {found.most:+.1f} log-odds")


def _kept(source: str, keep_unseen: bool) -> bool:
    """Invented mail that is held out never is learnt from; that of the corpus only when it is measured on."""
    return keep_unseen or source in OUR_WRITING


def _mail(corpus: Path | None, ham: Folders, unwanted: Folders, seed: int | None) -> Iterator[Labelled]:
    if corpus is not None:
        yield from corpus_mail(corpus)
    if seed is not None:
        yield from invented_mail(seed)
    for folder in ham or ():
        yield from folder_mail(folder, unwanted=False)
    for folder in unwanted or ():
        yield from folder_mail(folder, unwanted=True)


def _reviewed(settings: Path | None) -> Iterator[Labelled]:
    """Feedback that somebody approved, with its message."""
    from lockgate.bootstrap.parts import open_parts
    from lockgate.storage.feedback import FeedbackStore

    with open_parts(quiet_settings(settings)) as parts:
        with parts.database.read() as unit:
            approved = FeedbackStore(unit).all(approved=True)
        for one in approved:
            label = "ham" if one.wanted else "spam"
            yield Labelled(REVIEWED, label, one.origin.value, one.id, False, parts.blobs.get(one.blob))
