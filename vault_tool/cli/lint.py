"""`vault lint`: what is wrong in the notes, and mending what can be mended safely."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.cli.width import width
from vault_tool.cli.words import said_day
from vault_tool.errors import Exit, VaultError
from vault_tool.lint import report
from vault_tool.lint.check import Checker
from vault_tool.lint.report import Tally
from vault_tool.lint.rule import Context, Finding
from vault_tool.lint.run import Linted, Mending, lint_bytes, lint_oddities, lint_paths, targets
from vault_tool.lint.selection import select_rules
from vault_tool.messages import N_, _
from vault_tool.vault.files import digest
from vault_tool.vault.journal import ChangedOnDisk
from vault_tool.vault.walk import Oddity

Format = Literal["text", "concise", "json"]


class NotInVault(VaultError):
    """A path that was named lies outside the vault."""

    message = N_("{path} is not in the vault {root}.")
    hint = N_("`vault -C DIR lint` lints another vault.")
    exit_code = Exit.USAGE


class NamelessInput(VaultError):
    """A note comes through the pipe and has no path."""

    message = N_("A note read from stdin needs a name.")
    hint = N_("--stdin --stdin-filename customers/acme.md")
    exit_code = Exit.USAGE


class Wish(NamedTuple):
    """What this run is to do about what it finds."""

    mending: Mending
    writes: bool
    shows_diff: bool
    format: Format


@command(
    "lint",
    help=N_(
        "Check notes, and mend what can be mended safely.\n\n"
        "PATH is a file, a folder or a customer; without one, all customers are checked. "
        "Infos don't make the exit status 1, errors and warnings do. `vault undo` takes mending back."
    ),
    examples=("vault lint", "vault lint --fix", "vault lint 蓝海 --select FM,EN", "vault lint --diff"),
)
@argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@option("--fix", is_flag=True, help=N_("Mend what can be mended without changing any meaning."))
@option("--unsafe-fixes", is_flag=True, help=N_("Mend also what a person should look at afterwards."))
@option("--diff", is_flag=True, help=N_("Show what --fix would change, and write nothing."))
@option("--dry-run", is_flag=True, help=N_("Write nothing: the same as --diff."))
@option("--select", multiple=True, metavar="RULES", help=N_("Only these rules, by code, name or group (FM)."))
@option("--ignore", multiple=True, metavar="RULES", help=N_("All but these rules."))
@option("--as-of", metavar="DATE", help=N_("The day that rules about time go by; else today."))
@option(
    "--format",
    "form",
    type=click.Choice(["text", "concise", "json"]),
    default="text",
    help=N_("How findings are printed."),
)
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
    )
    checker = checker_for(app, select, ignore, as_of)
    if stdin or stdin_filename:
        status = _lint_stdin(app, checker, wish, stdin_filename)
    else:
        status = _lint_files(app, checker, wish, paths)
    return Exit.OK if exit_zero else status


def checker_for(
    app: App, select: Iterable[str] = (), ignore: Iterable[str] = (), as_of: str | None = None
) -> Checker:
    """Return the checker of this vault's rules; the day is the option's, the settings', else today."""
    vault = app.vault
    today = said_day(as_of, app.today, vault.schema, "past") if as_of else vault.settings.lint.as_of
    context = Context(
        vault.schema, vault.settings, today or app.today, new_id=lambda _path: vault.new_id(app.random)
    )
    return Checker.of(select_rules(vault.settings.lint, select, ignore), context)


def _lint_files(app: App, checker: Checker, wish: Wish, named: Sequence[str]) -> Exit:
    oddities: list[Oddity] = []
    linted: Iterable[Linted]
    wanted = [_vault_path(app, name) for name in named]
    paths = targets(app.vault.root, app.vault.settings.customers, wanted, oddities)
    if wish.writes:
        app.vault.check_writable()
        try:
            linted = _mend(app, checker, wish, paths)
        except ChangedOnDisk:
            linted = _mend(app, checker, wish, paths)  # once more, from what stands there now
    else:
        linted = _watched(app, lint_paths(app.vault.root, paths, checker, wish.mending), len(paths))
    tally = Tally()
    findings = _told(app, wish, tally, linted, lint_oddities(oddities, checker))
    if wish.format == "json":
        app.out.json(report.document(findings, tally))
    else:
        app.out.lines(_lines(app, wish, findings))
        app.out.flush()
        app.out.note(report.summary(tally, is_preview=wish.shows_diff))
        if tally.fixed and wish.writes:
            app.out.hint(_("`vault undo` takes it back."))
    return Exit.FINDINGS if tally.matters or (wish.shows_diff and tally.fixed) else Exit.OK


def _mend(app: App, checker: Checker, wish: Wish, paths: Sequence[PurePosixPath]) -> list[Linted]:
    """Lint all, then write all that changes, as one step that can be undone."""
    linted = []
    changes = []
    for one in _watched(app, lint_paths(app.vault.root, paths, checker, wish.mending), len(paths)):
        if one.change:
            changes.append(one.change)
        linted.append(one._replace(change=None, before="", after=""))
    if changes:
        option_used = "--unsafe-fixes" if wish.mending == "unsafe" else "--fix"
        app.vault.commit(changes, f"vault lint {option_used}")
    return linted


def _watched(app: App, linted: Iterable[Linted], total: int) -> Iterator[Linted]:
    with app.out.progress(_("Checking notes"), total) as advance:
        for done, one in enumerate(linted, 1):
            advance(done)
            yield one


def _told(app: App, wish: Wish, tally: Tally, *all_linted: Iterable[Linted]) -> Iterator[Finding]:
    """Yield the findings, counting them and showing each file's diff where that is wished for."""
    for linted in all_linted:
        for one in linted:
            tally.add(one.findings, one.fixed)
            if wish.shows_diff and one.change and wish.format != "json":
                show_diff(app, one.path, one.before, one.after)
            yield from one.findings


def _lines(app: App, wish: Wish, findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        if wish.format == "concise":
            yield report.concise_line(finding)
            continue
        yield report.text_line(finding, app.out.style)
        if app.out.is_terminal:
            for number, line in enumerate(report.excerpt(finding, width, app.out.columns)):
                yield app.out.style(line, "dim") if number else line
            yield ""


def _lint_stdin(app: App, checker: Checker, wish: Wish, name: str | None) -> Exit:
    if not name:
        raise NamelessInput
    data = sys.stdin.buffer.read()  # the very bytes: a text stream would hide their line breaks
    one = lint_bytes(_vault_path(app, name, must_exist=False), data, digest(data), checker, wish.mending)
    tally = Tally()
    tally.add(one.findings, one.fixed)
    if wish.format == "json":
        app.out.json(report.document(one.findings, tally))
    elif wish.shows_diff or wish.mending == "none":
        app.out.lines(_lines(app, wish, _told(app, wish, Tally(), [one])))
    else:
        app.out.raw(one.change.after if one.change and one.change.after is not None else data)
        for finding in one.findings:
            app.out.note(report.text_line(finding))
    return Exit.FINDINGS if tally.matters else Exit.OK


def _vault_path(app: App, name: str, *, must_exist: bool = True) -> PurePosixPath:
    """Return where something lies in the vault: a path from the working folder, or any customer's name."""
    given = app.cwd / Path(name).expanduser()
    if must_exist and not given.exists() and not given.is_symlink():
        return pick_customer(app, name).path
    # The folder's real path, as the root's is; a link at the end is the vault's business.
    real = given.parent.resolve() / given.name if given.name not in ("", "..") else given.resolve()
    try:
        return PurePosixPath(real.relative_to(app.vault.root))
    except ValueError:
        raise NotInVault(path=name, root=app.vault.root) from None
