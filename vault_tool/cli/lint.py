"""`vault lint`: what is wrong in the notes, and mending what can be mended safely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.lint_report import FORMATS, Format, Reporter, Wish
from vault_tool.cli.where import vault_path
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.lint.finding import Linted
    from vault_tool.lint.linter import Linter
    from vault_tool.vault.opening import Opening


class NamelessInput(VaultError):
    """A note comes through the pipe and has no path."""

    message = N_("A note read from stdin needs a name.")
    hint = N_("--stdin --stdin-filename customers/acme.md")
    exit_code = Exit.USAGE


class NotTogether(VaultError):
    """Two options were given that contradict each other."""

    message = N_("{first} and {second} don't go together.")
    exit_code = Exit.USAGE


@command(
    "lint",
    help=N_(
        "Check notes, and mend what can be mended safely.\n\n"
        "PATH is a file, a folder or a customer; without one, all customers are checked. "
        "Infos don't make the exit status 1, errors and warnings do. `vault undo` takes mending back."
    ),
    examples=(
        "vault lint",
        "vault lint --fix",
        "vault lint 蓝海 --select FM,EN",
        "vault lint --fix --diff | git apply",
        "vault lint --baseline lint-baseline.txt",
    ),
)
@argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@option("--fix", is_flag=True, help=N_("Mend what can be mended without changing any meaning."))
@option("--unsafe-fixes", is_flag=True, help=N_("Mend also what a person should look at afterwards."))
@option("--diff", is_flag=True, help=N_("Show as a patch what --fix would do."))
@option("--dry-run", is_flag=True, help=N_("Write nothing: the same as --diff."))
@option("--select", multiple=True, metavar="RULES", help=N_("Only these rules, by code, name or group (FM)."))
@option("--ignore", multiple=True, metavar="RULES", help=N_("All but these rules."))
@option("--as-of", metavar="DATE", help=N_("The day that rules about time go by; else today."))
@option("--staged", is_flag=True, help=N_("Check what git is about to commit."))
@option("--watch", is_flag=True, help=N_("Check again whenever something changes."))
@option("--baseline", metavar="FILE", help=N_("Let only what is not in this file count."))
@option("--write-baseline", metavar="FILE", help=N_("Accept all that is found, into this file."))
@option("--prune-baseline", metavar="FILE", help=N_("Drop from this file what is mended."))
@option(
    "--include-privacy",
    is_flag=True,
    help=N_("Accept what the privacy rules find, too."),
)
@option("--statistics", is_flag=True, help=N_("Count by rule, owner and stage."))
@option("--format", "form", type=click.Choice(FORMATS), default="text", help=N_("How findings are printed."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@option("--stdin", is_flag=True, help=N_("Check one note read from stdin; --fix prints it mended."))
@option("--stdin-filename", metavar="FILE", help=N_("The name of the note that comes from stdin."))
@option("--exit-zero", is_flag=True, help=N_("Exit with 0 whatever is found."))
@pass_app
def lint(
    app: App,
    paths: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    dry_run: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    as_of: str | None,
    staged: bool,
    watch: bool,
    baseline: str | None,
    write_baseline: str | None,
    prune_baseline: str | None,
    include_privacy: bool,
    statistics: bool,
    form: Format,
    as_json: bool,
    stdin: bool,
    stdin_filename: str | None,
    exit_zero: bool,
) -> Exit:
    """Check notes and mend them."""
    preview = diff or dry_run
    wish = Wish(
        mending="unsafe" if unsafe_fixes else "safe" if fix or preview else "none",
        writes=(fix or unsafe_fixes) and not preview,
        shows_diff=preview,
        format="json" if as_json else form,
        select=select,
        ignore=ignore,
        as_of=as_of,
        is_whole=not (paths or staged or stdin or stdin_filename),
        counts=statistics,
        baseline=_file(app, write_baseline or prune_baseline or baseline),
        update="write" if write_baseline else "prune" if prune_baseline else None,
        takes_privacy=include_privacy,
    )
    changes = {"--fix": wish.writes, "--diff": preview}
    updates = {"--write-baseline": bool(write_baseline), "--prune-baseline": bool(prune_baseline)}
    reads = {"--stdin": bool(stdin or stdin_filename), "--staged": staged, "--watch": watch}
    other_forms = {f"--format {wish.format}": wish.format not in ("text", "concise")}
    _check_one({"--baseline": bool(baseline), **updates})
    _check_one(reads)
    _check_pairs({"--staged": staged, "--watch": watch}, {**changes, **updates})
    _check_pairs({"--diff": preview}, updates)
    _check_pairs({"--watch": watch}, {**other_forms, "--statistics": statistics})
    _check_pairs({"--stdin": reads["--stdin"]}, {**updates, "--statistics": statistics})
    if watch:
        from vault_tool.cli.lint_watch import watch_findings

        return watch_findings(app, wish, [vault_path(app, name) for name in paths])
    if reads["--stdin"]:
        status = _lint_stdin(app, wish, stdin_filename)
    else:
        status = _lint_files(app, wish, paths, staged=staged)
    return Exit.OK if exit_zero else status


def _check_one(given: dict[str, bool]) -> None:
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise NotTogether(first=names[0], second=names[1])


def _check_pairs(some: dict[str, bool], others: dict[str, bool]) -> None:
    for first, is_first in some.items():
        for second, is_second in others.items():
            if is_first and is_second:
                raise NotTogether(first=first, second=second)


def _file(app: App, name: str | None) -> Path | None:
    return app.cwd / Path(name).expanduser() if name else None


def linter_for(app: App, wish: Wish, opening: Opening | None = None) -> Linter:
    """Return the linter of this vault's rules; the day is the option's, the settings', else today."""
    from vault_tool.lint.linter import Linter

    settings, schema, places = opening or app.opening
    today = settings.lint.as_of or app.today
    if wish.as_of:
        from vault_tool.cli.words import said_day

        today = said_day(wish.as_of, app.today, schema, "past")
    return Linter(
        app.root,
        settings,
        schema,
        places,
        today,
        select=wish.select,
        ignore=wish.ignore,
        keeps_edits=wish.format == "sarif",
    )


def _lint_files(app: App, wish: Wish, named: Sequence[str], *, staged: bool) -> Exit:
    linter = linter_for(app, wish)
    wanted = [vault_path(app, name) for name in named]
    reporter = Reporter(app, wish, linter)
    linted: Iterable[Linted]
    if staged:
        linted = _staged(app, linter, wanted)
    elif wish.writes:
        linted = _mended(app, linter, wish, wanted)
    else:
        linted = _linted(app, linter, wish, wanted)
    return reporter.show(linted)


def _linted(app: App, linter: Linter, wish: Wish, wanted: Sequence[PurePosixPath]) -> Iterator[Linted]:
    from vault_tool.cli.progress import shown

    with shown(app.out, _("Checking notes")) as progress:
        yield from linter.lint(wanted, wish.mending, progress)


def _mended(app: App, linter: Linter, wish: Wish, wanted: Sequence[PurePosixPath]) -> list[Linted]:
    """Lint all, then write all that changes, as one step; if a file moved, once more from what is there."""
    from vault_tool.vault.journal import ChangedOnDisk

    app.vault.check_writable()
    try:
        return _mend_once(app, linter, wish, wanted)
    except ChangedOnDisk:
        return _mend_once(app, linter, wish, wanted)


def _mend_once(app: App, linter: Linter, wish: Wish, wanted: Sequence[PurePosixPath]) -> list[Linted]:
    linted = []
    changes = []
    for one in _linted(app, linter, wish, wanted):
        if one.change:
            changes.append(one.change)
        linted.append(one._replace(change=None, before="", after=""))
    if changes:
        option_used = "--unsafe-fixes" if wish.mending == "unsafe" else "--fix"
        app.vault.commit(changes, f"vault lint {option_used}")
    return linted


def _staged(app: App, linter: Linter, wanted: Sequence[PurePosixPath]) -> Iterator[Linted]:
    from vault_tool.lint.staged import staged_notes

    for note in staged_notes(app.root, app.opening.settings.customers, app.env):
        if not wanted or any(path in (note.path, *note.path.parents) for path in wanted):
            yield linter.lint_bytes(note.path, note.data)


def _lint_stdin(app: App, wish: Wish, name: str | None) -> Exit:
    if not name:
        raise NamelessInput
    data = app.out.read_input()
    linter = linter_for(app, wish)
    one = linter.lint_bytes(vault_path(app, name, must_exist=False), data, wish.mending)
    is_mended = wish.mending != "none" and not wish.shows_diff and wish.format == "text"
    reporter = Reporter(app, wish, linter)
    return reporter.pass_on(one, data) if is_mended else reporter.show([one], data)
