"""`vault index`: the catalog and the search index, how they stand, made anew, compared with the files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Literal

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import NotTogether
from vault_tool.cli.help import command, option
from vault_tool.cli.pick import fresh
from vault_tool.cli.progress import shown
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext
from vault_tool.search.upkeep import Difference, IndexStatus, index_status, rebuild, verify
from vault_tool.vault.walk import printable
from vault_tool.watch.presence import is_answering

_MOST_NAMED = 20
_REMEDY = N_("Make both anew: vault index --rebuild")


@command(
    "index",
    help=N_(
        "Bring the catalog and the search index up to date, and say how they stand.\n\n"
        "Every command does so by itself before it answers; this one is for looking after them. Both lie in "
        "your cache folder and can always be made again from the notes, which this command never changes. "
        "--verify compares them with the files, word by word. Exit status 1: something differs."
    ),
    examples=("vault index", "vault index --status --json", "vault index --verify", "vault index --rebuild"),
)
@option("--status", is_flag=True, help=N_("Only say how they stand."))
@option("--rebuild", "rebuilds", is_flag=True, help=N_("Throw both away and make them anew."))
@option("--verify", "verifies", is_flag=True, help=N_("Compare both with the files."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def index(app: App, status: bool, rebuilds: bool, verifies: bool, as_json: bool) -> Exit:
    """Do one of these things, or bring both up to date."""
    wishes = {"--status": status, "--rebuild": rebuilds, "--verify": verifies}
    given = [name for name, is_given in wishes.items() if is_given]
    if len(given) > 1:
        raise NotTogether(first=given[0], second=given[1])
    if verifies:
        return _verify(app, as_json=as_json)
    how: Literal["walk", "watcher"] = "walk"
    if rebuilds:
        _rebuild(app, as_json=as_json)
    else:
        how = fresh(app)
        if not status:
            _catch_up(app)
        elif is_answering(app.vault.places):
            how = "watcher"  # what a search would say; this command itself never leaves it to the watcher
    seen = index_status(app.vault)
    if as_json:
        app.out.json(_document(app, seen, how))
    else:
        app.out.table(list(_rows(app, seen, how)))
        if seen.state == "damaged":
            app.out.hint(_(_REMEDY))
    return Exit.FINDINGS if seen.state == "damaged" else Exit.OK


def _catch_up(app: App) -> None:
    from vault_tool.search.follow import catch_up

    with shown(app.out, _("Building the index")) as progress:
        if not catch_up(app.vault, progress):
            app.out.warn(_("Another process is writing to the index; this is what it held before."))


def _rebuild(app: App, *, as_json: bool) -> None:
    started = time.monotonic()
    with ExitStack() as bars:
        reading = bars.enter_context(shown(app.out, _("Reading notes")))
        indexing = bars.enter_context(shown(app.out, _("Building the index")))
        rebuild(app.vault, reading, indexing)
    if not as_json:
        took = f"{time.monotonic() - started:.1f}"
        app.out.note(_("Made anew in {seconds} s.").format(seconds=took))


def _verify(app: App, *, as_json: bool) -> Exit:
    fresh(app)
    with shown(app.out, _("Comparing")) as progress:
        found = verify(app.vault, progress)
    status = Exit.FINDINGS if found.differences else Exit.OK
    if as_json:
        app.out.json(
            {
                "notes": found.notes,
                "passages": found.passages,
                "differences": [difference._asdict() for difference in found.differences],
            }
        )
    elif found.differences:
        app.out.lines(_difference(difference) for difference in found.differences[:_MOST_NAMED])
        if (left := len(found.differences) - _MOST_NAMED) > 0:
            app.out.line(_("... and {count} more").format(count=left))
        app.out.hint(_(_REMEDY))
    else:
        counts = {
            "notes": ngettext("{count} note", "{count} notes", found.notes).format(count=found.notes),
            "passages": ngettext("{count} passage", "{count} passages", found.passages).format(
                count=found.passages
            ),
        }
        app.out.line(_("Catalog and index say what the files say: {notes}, {passages}.").format(**counts))
    return status


def _difference(difference: Difference) -> str:
    where, path, line, what, detail = difference
    if path:
        place = printable(PurePosixPath(path)) + (f":{line}" if line else "")
        return _(_OTHERWISE[where]).format(place=place, what=what)
    said = f"{what}: {detail}" if detail else what
    return _(_AS_A_WHOLE[where]).format(what=said)


_OTHERWISE = {
    "catalog": N_("{place}: the catalog says something else than the file ({what})."),
    "index": N_("{place}: the index says something else than the catalog."),
}
_AS_A_WHOLE = {
    "catalog": N_("The catalog as a whole is not as it should be ({what})."),
    "index": N_("The index as a whole is not as it should be ({what})."),
}

_STATES = {
    "current": N_("up to date"),
    "missing": N_("not made yet; the next search makes it"),
    "damaged": N_("damaged"),
}


def _rows(app: App, seen: IndexStatus, how: str) -> Iterator[tuple[str, str]]:
    yield _("Engine"), f"{seen.engine} {seen.engine_version}".rstrip()
    yield _("State"), _state(seen)
    yield _("Customers"), str(seen.customers)
    yield _("Passages"), str(seen.passages)
    position = "-" if seen.position is None else str(seen.position)
    yield _("Position"), _("{index} of {catalog}").format(index=position, catalog=seen.catalog_position)
    yield _("Fresh by"), _("the watcher") if how == "watcher" else _("a walk through the files")
    sizes = _size(seen.index_bytes), _size(seen.catalog_bytes)
    yield _("On disk"), _("index {index}, catalog {catalog}").format(index=sizes[0], catalog=sizes[1])
    if seen.written is not None:
        yield _("Last written"), f"{app.local_time(seen.written):%Y-%m-%d %H:%M:%S}"
    if seen.built_seconds is not None:
        yield _("Last build took"), f"{seen.built_seconds:.1f} s"
    if seen.query_ms is not None:
        yield _("Last search took"), f"{seen.query_ms:.0f} ms"


def _state(seen: IndexStatus) -> str:
    if seen.state != "behind":
        return _(_STATES[seen.state])
    return ngettext(
        "behind by {count} customer; the next search takes it in",
        "behind by {count} customers; the next search takes them in",
        seen.behind,
    ).format(count=seen.behind)


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _document(app: App, seen: IndexStatus, how: str) -> dict[str, object]:
    written = None if seen.written is None else f"{app.local_time(seen.written):%Y-%m-%dT%H:%M:%S}"
    return {**seen._asdict(), "written": written, "fresh": how}
