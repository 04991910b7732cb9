"""`cuelock models`: the bundles of weights that are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, table
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BundleRemoved,
    BundleReport,
    BundlesReply,
    ErrorReport,
    PartReport,
    error_report,
)

app = typer.Typer(help="Bundles of weights: list, info, import, remove.")


@app.command("list")
def list_models(json: AsJson = False) -> None:
    """List every bundle; the user's own lie in CUELOCK_HOME/bundles."""
    from engine.bundles.store import folders

    usable: list[BundleReport] = []
    refused: list[ErrorReport] = []
    for name in sorted(folders()):
        try:
            usable.append(report_of(name))
        except CuelockError as error:
            refused.append(error_report(error))
    answer(BundlesReply(bundles=tuple(usable), refused=tuple(refused)), json, _show_all)


@app.command("info")
def show_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `models list` spells it.")],
    json: AsJson = False,
) -> None:
    """Show a bundle's parts, their licences and what they learned from."""
    answer(report_of(name), json, show_bundle)


@app.command("import")
def import_model(
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER_OR_FILE", help="Auffusion folder, Mel-QCD checkpoint.")
    ],
    name: Annotated[str, typer.Option(help="What the bundle is called here.")] = "auffusion",
    licence: Annotated[
        str, typer.Option(help="The weights' licence, as their authors state it.")
    ] = "not stated",
    json: AsJson = False,
) -> None:
    """Make a bundle of foreign weights, or add parts to one imported before."""
    from engine.bundles.importing import import_bundle

    import_bundle(source, name, licence)
    answer(report_of(name), json, show_bundle)


@app.command("remove")
def remove_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A bundle of yours.")],
    json: AsJson = False,
) -> None:
    """Remove a bundle that was imported or trained."""
    from engine.bundles.importing import remove_bundle

    removed = BundleRemoved(name=name, path=str(remove_bundle(name)))
    answer(removed, json, lambda reply: console.print(f"{reply.name} is removed."))


def report_of(name: str) -> BundleReport:
    """What is told of a bundle. Raises as engine.bundles.store.manifest does."""
    from engine.bundles.store import Adaptation, adapted, manifest

    folder, read = manifest(name)
    whole = adapted(read) if isinstance(read, Adaptation) else read
    return BundleReport(
        name=name,
        path=str(folder),
        licence=read.licence,
        sample_rate=whole.mel.sample_rate,
        steps=whole.steps,
        parts=tuple(
            PartReport(
                name=key,
                file=part.file,
                dtype=part.dtype,
                bytes=(folder / part.file).stat().st_size,
                licence=part.licence,
                data=part.data,
            )
            for key, part in read.parts.items()
        ),
        base=read.base if isinstance(read, Adaptation) else None,
    )


def _show_all(reply: BundlesReply) -> None:
    rows = table("name", "adapts", "size", "licence", "folder")
    for bundle in reply.bundles:
        size = sum(part.bytes for part in bundle.parts)
        told = f"{size / 1e6:.1f} MB"
        rows.add_row(bundle.name, bundle.base or "", told, bundle.licence, bundle.path)
    console.print(rows)
    for refused in reply.refused:
        console.print(refused.message, style="red")


def show_bundle(bundle: BundleReport) -> None:
    console.print(f"{bundle.name}: {bundle.sample_rate} Hz, {bundle.steps} steps, {bundle.licence}")
    if bundle.base:
        console.print(f"adapts: {bundle.base}")
    console.print(f"folder: {bundle.path}")
    rows = table("part", "file", "size", "format", "licence", "learned from")
    for part in bundle.parts:
        size = f"{part.bytes / 1e6:.1f} MB"
        rows.add_row(part.name, part.file, size, part.dtype, part.licence, part.data)
    console.print(rows)
