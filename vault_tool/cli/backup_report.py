"""What the commands of `vault backup` say: to a reader, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from vault_tool.cli.app import App
from vault_tool.cli.verify import said
from vault_tool.messages import _, ngettext
from vault_tool.sync.backup import Backup, Made
from vault_tool.sync.backup_verify import Proof
from vault_tool.vault.walk import printable

_MOST_NAMED = 5


def utc(app: App) -> datetime:
    """Return now, in UTC."""
    return app.now.astimezone(UTC)


def tell_counts(app: App, proof: Proof) -> None:
    """Say what a restored vault holds, and how old that is."""
    counts = proof.counts
    app.out.line(
        _("Restored {customers}, {entries}, {unreadable} unreadable, newest {age} old").format(
            customers=ngettext("{count} customer", "{count} customers", counts.all_customers).format(
                count=f"{counts.all_customers:,}"
            ),
            entries=ngettext("{count} entry", "{count} entries", counts.entries).format(
                count=f"{counts.entries:,}"
            ),
            unreadable=counts.unreadable,
            age=age(utc(app) - proof.saved),
        )
    )


def tell_proof(app: App, found: Backup, proof: Proof) -> None:
    """Say all that was proved of a backup."""
    app.out.line(str(found.bundle))
    tell_counts(app, proof)
    app.out.note(
        _("Read again as it was on {day}: {count} files").format(
            day=f"{proof.past.saved.astimezone():%Y-%m-%d}", count=proof.past.files
        )
    )
    if proof.opened is not None:
        app.out.lines(said(error) for error in proof.closed)
        app.out.line(
            ngettext("{count} value opens", "{count} values open", proof.opened).format(count=proof.opened)
        )
    elif proof.sealed:
        app.out.hint(
            _(
                "Whether its {count} sealed values open was not tried: --key FILE, with the recovery key."
            ).format(count=proof.sealed)
        )
    if not proof.has_manifest:
        app.out.warn(no_manifest())
    tell_plain(app, proof)


def no_manifest() -> str:
    """Say what can't be told of a bundle that lies there alone."""
    return _(
        "There is no manifest beside it. It is whole in itself; whether it is what was saved, and all of it, "
        "can't be told."
    )


def tell_plain(app: App, proof: Proof) -> None:
    """Say that notes hold what they should not; where, never what."""
    if not proof.in_plain:
        return
    places = [f"{printable(path)}:{found.line}" for path, found in proof.in_plain]
    app.out.warn(_("What should be sealed, or isn't whole, is in it: {places}").format(places=named(places)))
    app.out.hint(_("`vault seal` and `vault lint` mend the vault; older backups keep what they have."))


def named(names: list[str]) -> str:
    """Return the first of some names."""
    shown_names = _(", ").join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown_names} {_('... and {count} more').format(count=more)}" if more > 0 else shown_names


def age(span: timedelta) -> str:
    """Return how long ago something was, in its largest unit."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 60:
        return _("{count} min").format(count=minutes)
    if minutes < 48 * 60:
        return _("{count} h").format(count=minutes // 60)
    return ngettext("{count} day", "{count} days", minutes // 1440).format(count=minutes // 1440)


def size(size: int) -> str:
    """Return a number of bytes as one reads it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} GB"


def proof_document(proof: Proof) -> dict[str, object]:
    """Return a proof for JSON."""
    return {
        "vault": proof.vault,
        "saved": proof.saved.isoformat(),
        **proof.counts._asdict(),
        "sealed": proof.sealed,
        "opened": proof.opened,
        "not_opened": [said(error) for error in proof.closed],
        "in_plain": [{"path": printable(path), "line": found.line} for path, found in proof.in_plain],
        "manifest": proof.has_manifest,
        "past": {"saved": proof.past.saved.isoformat(), "files": proof.past.files},
        "good": proof.is_good,
    }


def made_document(made: Made) -> dict[str, object]:
    """Return a new backup for JSON."""
    return {
        "file": str(made.bundle),
        "size": made.manifest.size,
        "sha256": made.manifest.sha256,
        **proof_document(made.proof),
        "manifest": True,
        "unsaved": [printable(path) for path in made.unsaved],
        "removed": [str(path) for path in made.removed],
    }


def listed_document(each: Backup, proved: Mapping[str, str]) -> dict[str, object]:
    """Return a backup in a folder for JSON."""
    manifest = each.manifest
    document: dict[str, object] = {
        "file": str(each.bundle),
        "size": each.size,
        "manifest": manifest is not None,
    }
    if manifest is not None:
        at = proved.get(manifest.sha256)
        document |= {"vault": manifest.vault, "made": manifest.made.isoformat(), "proved": at}
        document |= manifest.counts._asdict()
    return document
