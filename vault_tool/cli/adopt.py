"""The adopting half of `vault init --adopt`: shows what would become of each note, asks, does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.change import show_diff
from vault_tool.cli.init import NewVault, base, document, make, plan_new, root_of, tell_made
from vault_tool.cli.progress import shown
from vault_tool.cli.words import known_word
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Language, _, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.schema import Schema, load_schema
from vault_tool.vault.adopt import (
    Adopted,
    AdoptionPlan,
    Gathered,
    Into,
    Left,
    gather,
    plan_adoption,
    proposed_globs,
)
from vault_tool.vault.settings import DEFAULT_CUSTOMERS, SETTINGS_NAME, NoVault, Settings, find_root
from vault_tool.vault.start import NotAFolder, check_place
from vault_tool.vault.vault import Vault
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs, printable, walk

_MOST_ROWS = 40


class NotConfirmed(VaultError):
    """The plan was shown, and nobody has said yes."""

    message = N_("That is the plan; nothing was written.")
    hint = N_("Add --yes to do it; `vault undo` takes it back.")
    exit_code = Exit.USAGE


class NothingToAdopt(VaultError):
    """The folder holds no note."""

    message = N_("{path} holds no note to take in; nothing was written.")
    hint = N_("Notes are .md, .markdown and .txt files; README, templates and hidden folders are left alone.")
    exit_code = Exit.USAGE


class _Target(NamedTuple):
    """The vault that takes notes in: one that is there, or one that is still to be made."""

    root: Path
    settings: Settings
    schema: Schema
    vault: Vault | None
    new: NewVault | None
    beneath: PurePosixPath | None


def adopt_folder(
    app: App,
    directory: Path | None,
    source: Path,
    chosen: Language,
    customer_type: str | None,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> Exit:
    """Take in a folder of notes; nothing is written before the plan was seen."""
    if not source.is_dir():
        raise NotAFolder(path=source)
    source = source.resolve()
    root = _root(app, directory, source)
    gathered = gather(source, root)
    target = _target(app, root, source, chosen, gathered)
    fields = _fields(app, target, customer_type)
    plan = _plan(app, target, source, gathered, fields)
    if not plan.notes and not plan.unchanged and not plan.left:
        raise NothingToAdopt(path=source)
    _show(app, target, plan, whole=dry_run or not app.out.is_terminal, as_json=as_json, dry_run=dry_run)
    if plan.notes and "owner" not in fields and not as_json:
        app.out.warn(
            _("No owner is added: it isn't known who you are (git's user.name and user.email would say).")
        )
    if dry_run:
        if not as_json:
            _show_diffs(app, plan)
        return Exit.OK
    if not plan.notes and target.new is None:
        return Exit.OK
    if not yes and not app.out.is_interactive:
        raise NotConfirmed
    if not app.out.confirm(_question(plan), yes=yes):
        app.out.note(_("Nothing was written."))
        return Exit.USAGE
    _do(app, target, plan, source)
    if not as_json:
        _tell(app, target, plan)
    return Exit.OK


# --- which vault -------------------------------------------------------------------------------------------


def _root(app: App, directory: Path | None, source: Path) -> Path:
    """Return the vault that is meant: the one named, the one we are in, the notes' own, or a new one here."""
    if directory is not None or app.given is not None:
        return root_of(app, directory or Path())
    try:
        return find_root(app.cwd, app.env)
    except NoVault:
        return source if (source / SETTINGS_NAME).is_file() else base(app).resolve()


def _target(app: App, root: Path, source: Path, chosen: Language, gathered: Gathered) -> _Target:
    if (root / SETTINGS_NAME).is_file():
        vault = app.open_at(root)
        vault.check_writable()
        with shown(app.out, _("Reading notes")) as progress:
            vault.fresh(progress)
        beneath = _beneath(root, source, vault.settings.customers)
        return _Target(root, vault.settings, vault.schema, vault, None, beneath)
    check_place(root)
    globs = proposed_globs(gathered) if source == root else DEFAULT_CUSTOMERS
    new = plan_new(app, root, chosen, globs)
    schema = load_schema(root / "schema")
    beneath = PurePosixPath() if source == root else None
    return _Target(root, new.settings, schema, None, new, beneath)


def _beneath(root: Path, source: Path, globs: tuple[str, ...]) -> PurePosixPath | None:
    """Return where in the vault the folder lies, when its notes are the vault's own; else None."""
    if source == root:
        return PurePosixPath()
    if source.is_relative_to(root):
        beneath = PurePosixPath(source.relative_to(root).as_posix())
        if matches_globs(beneath / "x.md", (*globs, ARCHIVE_GLOB)):
            return beneath
    return None


def _plan(
    app: App, target: _Target, source: Path, gathered: Gathered, fields: Mapping[str, str]
) -> AdoptionPlan:
    vault = target.vault
    known = {each.id: each.path for each in vault.customers(None) if each.id} if vault else {}
    into = Into(
        root=target.root,
        vault_id=target.settings.id,
        globs=target.settings.customers,
        schema=target.schema,
        language=target.settings.language,
        fields=fields,
        known_ids=known,
        beneath=target.beneath,
    )
    globs = (*target.settings.customers, ARCHIVE_GLOB)
    taken = [found.path for found in walk(target.root, globs)] if target.root.is_dir() else []
    with shown(app.out, _("Planning")) as progress:
        return plan_adoption(source, gathered, into, taken, app.today, progress)


def _fields(app: App, target: _Target, customer_type: str | None) -> dict[str, str]:
    """Return what fills the required fields that a note doesn't have."""
    schema = target.schema
    fields = {}
    if customer_type:
        fields["type"] = known_word(schema, "type", customer_type)
    elif types := schema.vocabularies.get("type"):
        fields["type"] = types[0].name
    if stages := schema.vocabularies.get("stage"):
        fields["stage"] = stages[0].name
    vault = target.vault
    person = vault.whoami(app.env, app.git_email) if vault else target.new.person if target.new else None
    if person:
        fields["owner"] = person.name if target.settings.language == "zh" else person.id
    return fields


# --- doing it ----------------------------------------------------------------------------------------------


def _do(app: App, target: _Target, plan: AdoptionPlan, source: Path) -> None:
    vault = target.vault
    if target.new:
        make(app, target.new)
        vault = app.open_at(target.root)
    if vault and plan.notes:
        vault.commit(plan.changes, f"vault init --adopt {source}")


# --- what is said ------------------------------------------------------------------------------------------


def _show(
    app: App, target: _Target, plan: AdoptionPlan, *, whole: bool, as_json: bool, dry_run: bool
) -> None:
    if as_json:
        app.out.json(_document(target, plan, dry_run))
        return
    rows = [_row(target, note) for note in plan.notes]
    app.out.table(
        rows if whole else rows[:_MOST_ROWS],
        (_("Note"), _("Becomes"), _("Entries"), _("Added"), _("Remarks")),
    )
    if not whole and len(rows) > _MOST_ROWS:
        app.out.line(_("... and {count} more; --dry-run shows all").format(count=len(rows) - _MOST_ROWS))
    if plan.left:
        app.out.line(_("Left alone:"))
        left = [(printable(each.path), _reason(each)) for each in plan.left]
        app.out.table(left if whole else left[:_MOST_ROWS])
        if not whole and len(left) > _MOST_ROWS:
            app.out.line(_("... and {count} more; --dry-run shows all").format(count=len(left) - _MOST_ROWS))
    app.out.line(_summary(plan))


def _row(target: _Target, note: Adopted) -> tuple[str, ...]:
    adoption = note.adoption
    same = note.path == (target.beneath or PurePosixPath()) / note.source.path and target.beneath is not None
    return (
        printable(note.source.path),
        "=" if same else printable(note.path),
        str(adoption.entries),
        _(", ").join(adoption.fields),
        "; ".join(_remarks(note)),
    )


def _remarks(note: Adopted) -> list[str]:
    said = [render(remark.message, remark.values) for remark in note.adoption.remarks]
    if note.source.encoding != "utf-8":
        said.insert(0, _("was {encoding}, will be UTF-8").format(encoding=note.source.encoding.upper()))
    return said


def _reason(left: Left) -> str:
    return render(left.reason, {"path": left.path, **left.values})


def _summary(plan: AdoptionPlan) -> str:
    entries = sum(note.adoption.entries for note in plan.notes)
    parts = [
        ngettext("{count} note", "{count} notes", len(plan.notes)).format(count=len(plan.notes)),
        ngettext("{count} new entry", "{count} new entries", entries).format(count=entries),
    ]
    if plan.unchanged:
        parts.append(_("{count} right as they are").format(count=plan.unchanged))
    if plan.left:
        parts.append(_("{count} left alone").format(count=len(plan.left)))
    if plan.others:
        others = ngettext("{count} other file", "{count} other files", plan.others)
        parts.append(others.format(count=plan.others))
    return _(", ").join(parts)


def _question(plan: AdoptionPlan) -> str:
    count = len(plan.notes)
    if not count:
        return _("Make a vault of this folder?")
    return ngettext("Take in {count} note?", "Take in {count} notes?", count).format(count=count)


def _show_diffs(app: App, plan: AdoptionPlan) -> None:
    for note in plan.notes:
        show_diff(app, note.path, note.source.text, note.adoption.text)


def _tell(app: App, target: _Target, plan: AdoptionPlan) -> None:
    if target.new:
        tell_made(app, target.new)
    if not plan.notes:
        return
    count = len(plan.notes)
    done = ngettext("Took in {count} note.", "Took in {count} notes.", count).format(count=count)
    app.out.line(f"{done} {_('`vault undo` takes it back.')}")
    app.out.hint(_("`vault list` shows the customers, `vault lint` what is still to be mended."))


def _document(target: _Target, plan: AdoptionPlan, dry_run: bool) -> Mapping[str, object]:
    settings = target.settings
    made = document(target.new) if target.new else {}
    return {
        "vault": {"root": str(target.root), "id": settings.id, "language": settings.language},
        **made,
        "is_new": target.new is not None,
        "in_place": target.beneath is not None,
        "notes": [
            {
                "from": printable(note.source.path),
                "to": printable(note.path),
                "id": note.adoption.id,
                "name": note.adoption.name,
                "encoding": note.source.encoding,
                "entries": note.adoption.entries,
                "fields": list(note.adoption.fields),
                "remarks": _remarks(note),
            }
            for note in plan.notes
        ],
        "left": [{"path": printable(each.path), "reason": _reason(each)} for each in plan.left],
        "others": plan.others,
        "unchanged": plan.unchanged,
        "dry_run": dry_run,
    }
