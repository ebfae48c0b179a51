"""Which customer is meant: by id, name, alias, part of a name, contact or pinyin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from vault_tool.cli.app import App
from vault_tool.cli.output import NothingChosen
from vault_tool.cli.say import shell_word
from vault_tool.cli.width import clip
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.vault.resolve import Match


class NoSuchCustomer(VaultError):
    """No customer goes by that name."""

    message = N_("No customer is called “{name}”.")
    hint = N_('`vault log {word} --new "..."` starts one; `vault list` shows all.')
    exit_code = Exit.USAGE


class NoSuchCustomerButNear(NoSuchCustomer):
    """No customer goes by that name, but some go by one like it."""

    hint = N_("Did you mean: {nearest}?")


class NoTerminal(VaultError):
    """Something is to be chosen, and nobody is there to choose."""

    message = N_("There is no terminal to choose on.")
    hint = N_("--open N edits the N-th hit without asking; --json is for programs.")
    exit_code = Exit.USAGE


_FZF_NO_MATCH, _FZF_LEFT = 1, 130
_NUMBER = 6  # columns before each line of a numbered list


def pick_customer(app: App, name: str) -> Match:
    """Return the customer that a person names; several matches are a choice on a terminal.

    Raises `NoSuchCustomer` with the nearest names, and exits 2 with the list where nobody can choose.
    """
    fresh(app)
    found = app.vault.resolve(name)
    if not found:
        nearest = app.vault.nearest(name)
        if nearest:
            raise NoSuchCustomerButNear(name=name, nearest=_(", ").join(nearest))
        raise NoSuchCustomer(name=name, word=shell_word(name))
    if len(found) == 1:
        return found[0]
    choices = [f"{customer.name}  {customer.path}" for customer in found]
    return found[app.out.choose(_("“{name}” may be:").format(name=name), choices)]


def check_can_pick(app: App) -> None:
    """Refuse to let somebody choose where there is no terminal."""
    if not app.out.is_interactive:
        raise NoTerminal


def pick_line(app: App, question: str, lines: Sequence[str]) -> int:
    """Let the reader choose one of these lines, with fzf where it is installed, else by number."""
    import shutil

    check_can_pick(app)
    command = shutil.which("fzf", path=app.env.get("PATH"))
    chosen = _with_fzf(app, command, question, lines) if command else None
    if chosen is not None:
        return chosen
    return app.out.choose(question, [clip(line, app.out.columns - _NUMBER) for line in lines])


def _with_fzf(app: App, command: str, question: str, lines: Sequence[str]) -> int | None:
    """Return which line fzf was told; None when it can't do its work."""
    import subprocess

    # The number in front comes back; the reader does not see it. `index` keeps the best first.
    options = ["--no-multi", "--layout=reverse", "--height=50%", "--tiebreak=index", f"--prompt={question} "]
    fed = "\n".join(f"{number}\t{' '.join(line.split())}" for number, line in enumerate(lines))
    app.out.flush()
    try:
        ran = subprocess.run(
            [command, *options, "--delimiter=\t", "--with-nth=2.."],
            input=fed.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            env=dict(app.env),
            check=False,
        )
    except OSError:
        return None
    number = ran.stdout.decode("utf-8", "replace").strip().rpartition("\n")[2].partition("\t")[0]
    if ran.returncode == 0 and number.isdecimal() and int(number) < len(lines):
        return int(number)
    if ran.returncode in (_FZF_NO_MATCH, _FZF_LEFT):
        raise NothingChosen
    return None


def fresh(app: App) -> Literal["watcher", "walk"]:
    """See to it that the catalog holds what is on disk, and tell how: a watcher did, or we walked.

    A progress bar shows when that takes long.
    """
    if app.is_watched:
        return "watcher"
    from vault_tool.cli.progress import shown

    with shown(app.out, _("Reading notes")) as progress:
        app.vault.fresh(progress)
    return "walk"
