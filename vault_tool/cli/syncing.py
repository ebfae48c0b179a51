"""What `vault sync` does, however it was asked: sync, and tell how that came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from vault_tool.cli.app import App
from vault_tool.errors import VaultError
from vault_tool.git.writing import Signature
from vault_tool.messages import _
from vault_tool.sync.outcome import (
    DISCLOSED_HINT,
    Outcome,
    State,
    headline,
    held_lines,
    lines,
    received_lines,
    trouble_lines,
)
from vault_tool.sync.run import Means, synchronise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.sealing.vault_keys import VaultKeys
    from vault_tool.sync.carried import Ahead
    from vault_tool.sync.losses import Losses
    from vault_tool.vault.vault import Vault

_NOBODY = "vault@localhost"


def sync(
    app: App,
    ahead: Ahead | None = None,
    *,
    dry_run: bool = False,
    accept_deletions: bool = False,
    is_attended: bool = True,
) -> Outcome:
    """Sync the vault of this run; `ahead` is a look at its files that has begun already."""
    means = means_of(app, dry_run=dry_run, accept_deletions=accept_deletions)
    return synchronise(_vault(app), means._replace(is_attended=is_attended), ahead, dry_run=dry_run)


def save(app: App) -> Outcome:
    """Save what stands here, as a sync does first; no server is asked."""
    return synchronise(_vault(app), means_of(app)._replace(shares=False))


def _vault(app: App) -> Vault:
    """Return the vault, with its settings mended first where plain git left them with markers."""
    try:
        return app.vault
    except VaultError as error:
        from vault_tool.schema.problems import SchemaError
        from vault_tool.sync.healing import mend_settings
        from vault_tool.vault.toml import BadToml

        if not isinstance(error, BadToml | SchemaError) or not mend_settings(app.root, app.env):
            raise
        return app.vault


def means_of(app: App, *, dry_run: bool = False, accept_deletions: bool = False) -> Means:
    """Return what a sync is handed by this run of the program."""
    return Means(
        env=app.env,
        today=app.today,
        now=time.time,
        sleep=time.sleep,
        dice=_dice,
        signature=lambda: _signature(app),
        keys=lambda: _keys(app, dry_run=dry_run),
        ask=_asks(app),
        progress=app.out.progress,
        accepts_losses=accept_deletions,
    )


def tell(app: App, outcome: Outcome) -> None:
    """Say how a sync came out."""
    if outcome.is_new and outcome.state is not State.SHARED:
        app.out.note(_("The past of this vault is kept from now on, in {folder}.").format(folder=".git"))
    app.out.line(headline(outcome))
    app.out.lines(lines(outcome))
    for said, hint in trouble_lines(outcome):
        app.out.warn(said)
        app.out.hint(hint)
    for line in (*received_lines(outcome), *held_lines(outcome)):
        app.out.warn(line)
    if outcome.disclosed:
        app.out.hint(_(DISCLOSED_HINT))
    if outcome.received and _has_keyring_to_review(app, outcome):
        app.out.hint(_("Who may read what is sealed has changed: `vault access review` shows how."))


def _has_keyring_to_review(app: App, outcome: Outcome) -> bool:
    from vault_tool.vault.keyring import KEYRING

    if outcome.is_dry or KEYRING not in outcome.received:
        return False
    from vault_tool.cli.keys import keys_of
    from vault_tool.sealing.trust import Verdict

    with suppress(VaultError):
        return keys_of(app).verdict is Verdict.CHANGED
    return False


def _dice() -> float:
    from random import SystemRandom  # here: hardly ever does somebody else send at the same moment

    return SystemRandom().random()


def _keys(app: App, *, dry_run: bool) -> VaultKeys:
    from vault_tool.cli.keys import keys_of, keys_to_seal

    return keys_of(app) if dry_run else keys_to_seal(app)


def _asks(app: App) -> Callable[[Losses], bool] | None:
    if not app.out.is_interactive:
        return None
    return lambda losses: app.out.confirm(_("{losses}. Share that?").format(losses=losses))


def _signature(app: App) -> Signature:
    """Return who saves, and now: who works here, else whom git knows, else nobody in particular."""
    person = app.vault.whoami(app.env, app.git_email)
    if person is not None:
        name, email = person.name, person.email or f"{person.id}@localhost"
    else:
        name, email = app.git_config("user.name") or "vault", app.git_email() or _NOBODY
    now = time.time()
    return Signature(name, email, int(now), time.strftime("%z", time.localtime(now)))
