"""`vault init`: a new vault, the example, or a folder of notes taken in."""

from __future__ import annotations

import gettext
import shlex
from contextlib import suppress
from pathlib import Path, PurePosixPath

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.complete import types
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import DOMAIN, LOCALE_DIR, N_, Language, _, language, render
from vault_tool.named import NamedTuple
from vault_tool.vault.settings import DEFAULT_CUSTOMERS, SETTINGS_NAME, Person, Settings
from vault_tool.vault.settings_text import Translate, default_queries, new_settings_text, settings_of
from vault_tool.vault.start import (
    EXAMPLE_KEY,
    Kept,
    StartFile,
    check_place,
    example_dir,
    example_files,
    make_vault,
    start_files,
)
from vault_tool.vault.vault import new_vault_id


class NotTogether(VaultError):
    """Two options that ask for different things."""

    message = N_("{one} and {other} don't go together; nothing was written.")
    exit_code = Exit.USAGE


class NewVault(NamedTuple):
    """A vault that is still to be made: where, with what, and who is in it."""

    root: Path
    settings: Settings
    files: list[StartFile]
    kept: list[Kept]
    person: Person | None


@command(
    "init",
    help=N_(
        "Start a vault in DIR, or here: settings and a folder for customers. What is there stays.\n\n"
        "With --adopt, take in a folder of Markdown and text notes: what is missing in a note is added, "
        "lines such as `2023-01-15 – called` become entries, nothing of the text is lost. The vault's own "
        "folder is changed in place; from any other folder copies are made. You see the plan first, and "
        "`vault undo` takes it back."
    ),
    examples=(
        "vault init my-vault",
        "vault init --example my-example",
        "vault init --adopt .",
        "vault init my-vault --adopt ~/notes --dry-run",
        "vault init --git-dir ~/vault-history/my-vault",
    ),
)
@argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@option("--example", is_flag=True, help=N_("Copy the example vault, to try things out."))
@option(
    "--adopt",
    "source",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=N_("Take in the notes of this folder."),
)
@option(
    "--language",
    "language_",
    type=click.Choice(["zh", "en"]),
    help=N_("Of the words that the tool writes into notes; else yours."),
)
@option(
    "--type",
    "customer_type",
    metavar="TYPE",
    shell_complete=types,
    help=N_("With --adopt: what customers are whose note doesn't say (enterprise)."),
)
@option(
    "--git-dir",
    "history",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=N_("Keep the history (git's folder) in DIR, out of a cloud folder; one that is there moves."),
)
@option("--dry-run", is_flag=True, help=N_("Show what would be written; write nothing."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def init(
    app: App,
    directory: Path | None,
    example: bool,
    source: Path | None,
    language_: Language | None,
    customer_type: str | None,
    history: Path | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> Exit:
    """Start a vault."""
    _check_options(example, source, language_, customer_type, history)
    if source is not None:
        from vault_tool.cli.adopt import adopt_folder

        return adopt_folder(
            app,
            directory,
            base(app) / source.expanduser(),
            language_ or language(),
            customer_type,
            dry_run=dry_run,
            yes=yes,
            as_json=as_json,
        )
    root = root_of(app, directory or Path())
    if history is not None:
        from vault_tool.sync.history_folder import check_history_place, place_history

        history = (base(app) / history.expanduser()).resolve()
        check_history_place(root, history, app.env)
        if (root / SETTINGS_NAME).is_file() and not (example or language_):
            return _move_history(app, root, history, dry_run=dry_run, as_json=as_json)
    check_place(root)
    new = _example(root) if example else plan_new(app, root, language_ or language())
    if not dry_run:
        make(app, new)
        if history is not None:
            place_history(root, history, app.env)
        if example:
            _take_example_key(app)
    if as_json:
        app.out.json({**document(new), "git_dir": str(history) if history else None, "dry_run": dry_run})
    elif dry_run:
        for file in new.files:
            show_diff(app, file.path, "", file.data.decode("utf-8", "replace"))
    else:
        _tell(app, new, example)
    return Exit.OK


def _move_history(app: App, root: Path, folder: Path, *, dry_run: bool, as_json: bool) -> Exit:
    """Take the history of a vault that is there to another folder."""
    from vault_tool.sync.history_folder import place_history

    if not dry_run:
        with app.open_at(root).writing("vault init"):
            place_history(root, folder, app.env)
    if as_json:
        app.out.json({"vault": {"root": str(root)}, "git_dir": str(folder), "dry_run": dry_run})
    elif dry_run:
        app.out.line(
            _("The vault's history would be kept in {folder}; the notes stay.").format(folder=folder)
        )
    else:
        app.out.line(_("The vault's history is kept in {folder} now; the notes stay.").format(folder=folder))
    return Exit.OK


def _check_options(
    example: bool,
    source: Path | None,
    language_: Language | None,
    customer_type: str | None,
    history: Path | None,
) -> None:
    if history is not None and source is not None:
        raise NotTogether(one="--git-dir", other="--adopt")
    if example and source is not None:
        raise NotTogether(one="--example", other="--adopt")
    if example and language_:
        raise NotTogether(one="--example", other="--language")
    if customer_type and source is None:
        raise NotTogether(one="--type", other="vault init")


def base(app: App) -> Path:
    """Return the folder that relative ones count from: as with git, what `-C` names."""
    return app.given or app.cwd


def root_of(app: App, directory: Path) -> Path:
    """Return the folder of a vault that is to be, with every link on the way followed."""
    return (base(app) / directory.expanduser()).resolve()


def plan_new(
    app: App, root: Path, chosen: Language, customers: tuple[str, ...] = DEFAULT_CUSTOMERS
) -> NewVault:
    """Decide what a new vault begins with; nothing is written."""
    person = _person(app)
    translate = translator(chosen)
    other = translator("en" if chosen == "zh" else "zh")
    text = new_settings_text(
        chosen,
        new_vault_id(app.random),
        people=(person,) if person else (),
        customers=customers,
        queries={**default_queries(translate), **default_queries(other)},
        translate=translate,
    )
    wanted, kept = start_files(root, text)
    return NewVault(root, settings_of(text), wanted, kept, person)


def _example(root: Path) -> NewVault:
    wanted = example_files(root)
    settings = next(file for file in wanted if file.path == PurePosixPath("vault.toml"))
    text = settings.data.decode()
    names = {file.path for file in wanted}
    rest, kept = start_files(root, text)
    wanted += (file for file in rest if file.path not in names)
    return NewVault(root, settings_of(text), wanted, kept, None)


def _take_example_key(app: App) -> None:
    """Put the example's key beside this person's own. It opens the example, and nobody seals to it."""
    from vault_tool.sealing.identities import IdentityThere, identity_folder, write_private
    from vault_tool.vault.places import make_private

    path = make_private(identity_folder(app.env)) / "example-vault.txt"
    with suppress(IdentityThere):
        # What stands in the `.pub` is what this person's values are sealed to: of this key, nothing.
        write_private(path.with_suffix(".pub"), b"")
    with suppress(IdentityThere):
        write_private(path, (example_dir() / EXAMPLE_KEY).read_bytes())
        app.out.note(_("Its key, which is no secret, lies beside yours now: {path}").format(path=path))


def make(app: App, new: NewVault) -> None:
    """Write a new vault's files."""
    make_vault(new.root, new.files)
    if new.person and not new.person.email:
        # git will not say who this is.
        from vault_tool.vault.vault import vault_at

        vault_at(new.root, app.env).remember_me(new.person)
    if new.person:
        from vault_tool.cli.keys import found_keys

        try:
            found_keys(app, app.open_at(new.root), new.person)
        except VaultError as error:
            # Who only wants notes has them; who seals will be told again.
            app.out.warn(render(error.message, error.values))


def translator(chosen: Language) -> Translate:
    """Return what translates into a vault's language, whatever the reader's is."""
    if chosen == "en":
        return str
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=["zh_CN"], fallback=True).gettext


def _person(app: App) -> Person | None:
    """Return who runs this, from git; on a terminal a name is asked for where git knows none."""
    name = app.git_config("user.name")
    if not name and app.out.is_interactive:
        name = app.out.ask(_("Your name, as notes will have it (Enter: none)?"))
    if not name:
        return None
    from vault_tool.vault.names import person_id

    return Person(person_id(name), name, (), app.git_email())


# --- what is said ------------------------------------------------------------------------------------------


def document(new: NewVault) -> dict[str, object]:
    """Return a new vault for JSON."""
    person = new.person
    return {
        "vault": {"root": str(new.root), "id": new.settings.id, "language": new.settings.language},
        "person": {"id": person.id, "name": person.name, "email": person.email} if person else None,
        "written": [str(file.path) for file in new.files],
        "kept": [{"path": str(kept.path), "missing": list(kept.missing)} for kept in new.kept],
    }


def tell_made(app: App, new: NewVault) -> None:
    """Say that a vault was made, and what was there and stays."""
    app.out.line(_("A new vault: {root}").format(root=new.root))
    for kept in new.kept:
        if kept.missing:
            lines = "  ".join(kept.missing)
            app.out.hint(
                _("{path} was there and stays as it is; a vault wants in it: {lines}").format(
                    path=kept.path, lines=lines
                )
            )


def _tell(app: App, new: NewVault, example: bool) -> None:
    tell_made(app, new)
    app.out.line(_("What next:"))
    if new.root != app.cwd.resolve():
        app.out.line(f"  cd {shlex.quote(str(new.root))}")
    steps = _EXAMPLE_STEPS if example else _STEPS
    app.out.lines(f"  {_(step)}" for step in steps)


_STEPS = (
    N_('vault new "Nordlicht Werkzeuge GmbH"'),
    N_('vault log nordlicht "First call: wants a quote" -c call --next "Friday send quote"'),
    N_("vault search quote"),
)
_EXAMPLE_STEPS = ("vault list", "vault show lanhai", "vault search 企业版", "vault show 赵六 --reveal")
