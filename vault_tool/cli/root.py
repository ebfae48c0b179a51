"""`vault` itself: the table of its commands, and the options that stand before any of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vault_tool import __version__
from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import Group, Option, group
from vault_tool.cli.output import ColorChoice
from vault_tool.cli.width import width
from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Listed(NamedTuple):
    """A command as the table has it: what `vault --help` shows without loading it."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        """The module that holds it; a word that Python keeps for itself gets a line behind it."""
        return f"vault_tool.cli.{self.attribute}"

    @property
    def attribute(self) -> str:
        """The name it has there."""
        return self.name.replace("-", "_")


# By hand, in the order a reader meets them; each command's own file is loaded only when it is called.
GROUPS: tuple[tuple[str, tuple[Listed, ...]], ...] = (
    (
        N_("Write"),
        (
            Listed("new", N_("Add a customer.")),
            Listed("log", N_("Note what just happened with a customer.")),
            Listed("set", N_("Set, add to or remove fields of customers.")),
            Listed("edit", N_("Open a customer in your editor.")),
            Listed("undo", N_("Take back the last command's writes.")),
            Listed("restore", N_("Bring a customer back as it was on a day.")),
        ),
    ),
    (
        N_("Find and review"),
        (
            Listed("search", N_("Find entries by words and fields.")),
            Listed("show", N_("Show a customer as one reads before a visit.")),
            Listed("list", N_("List customers that match.")),
            Listed("status", N_("Show how this vault stands, and what was done last.")),
            Listed("history", N_("Show who changed what of a customer, and when.")),
            Listed("diff", N_("Show what changed since the last sync, or since a day.")),
        ),
    ),
    (
        N_("Share"),
        (
            Listed("sync", N_("Save, fetch what others wrote, and share.")),
            Listed("join", N_("Bring a vault that others share to this computer.")),
            Listed("backup", N_("Make, prove and restore backups.")),
            Listed("conflicts", N_("Show where two people gave different values.")),
            Listed("resolve", N_("Settle where two people gave different values.")),
            Listed("remote", N_("Show the servers that a vault is shared through, and change them.")),
        ),
    ),
    (
        N_("Check"),
        (
            Listed("lint", N_("Check notes, and mend what can be mended safely.")),
            Listed("rule", N_("Explain a rule of the linter.")),
            Listed("schema", N_("Show the fields and words a note may use.")),
        ),
    ),
    (
        N_("Protect"),
        (
            Listed("seal", N_("Seal what must not stand in plain.")),
            Listed("access", N_("Show who may read what is sealed, and change it.")),
            Listed("rekey", N_("Seal to today's keys what is sealed to older ones.")),
            Listed("rebind", N_("Bind sealed values that were moved to where they stand now.")),
            Listed("verify", N_("Check that every sealed value is whole and opens.")),
            Listed("key", N_("Make or show your own key.")),
            Listed("ci", N_("Check what git is given, before a commit, a push or on a server.")),
        ),
    ),
    (
        N_("Administer"),
        (
            Listed("init", N_("Start a vault, or take in a folder of notes.")),
            Listed("rename", N_("Rename a customer and mend the links to it.")),
            Listed("archive", N_("Put a customer away; --all still finds it.")),
            Listed("remove", N_("Delete a customer.")),
            Listed("people", N_("Show the team, or add to it.")),
            Listed("whoami", N_("Show or say who you are.")),
            Listed("index", N_("Look after the catalog and the search index.")),
            Listed("watch", N_("Keep the search fresh while you write.")),
            Listed("doctor", N_("Look for what is wrong around the vault.")),
            Listed("completion", N_("Complete commands and customers in your shell.")),
        ),
    ),
)

COMMANDS: dict[str, Listed] = {listed.name: listed for _group, listeds in GROUPS for listed in listeds}
# What git runs, and nobody types.
HIDDEN: dict[str, Listed] = {
    "git-filter": Listed("git-filter", N_("Seal what is added to git; git runs this.")),
    "merge-file": Listed("merge-file", N_("Merge a file that both sides changed; git runs this.")),
}

EXAMPLES = (
    N_('vault log lanhai "Budget confirmed: **80k**" --next "Friday send quote"'),
    N_("vault search quote stage:negotiation"),
    N_("vault show lanhai"),
)


# They compare all files first, and load much.
_ASKING = ("search", "list", "show")


class Root(Group):
    """The group `vault`, which loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None for a name that isn't in the table."""
        listed = COMMANDS.get(cmd_name) or HIDDEN.get(cmd_name)
        if listed is None:
            return None
        loaded: click.Command = getattr(import_module(listed.module), listed.attribute)
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; an unknown one names those that look like it."""
        if args[0] not in COMMANDS and args[0] not in HIDDEN and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        if args[0] in _ASKING and not ctx.resilient_parsing and "--help" not in args:
            _look_ahead(ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer commands from the table, without loading them; options when one is begun."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        begun = [listed for name, listed in COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(listed.name, help=_(listed.summary)) for listed in begun]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for, all in the same two columns."""
        column = max(map(width, COMMANDS))
        for title, listeds in GROUPS:
            with formatter.section(_(title)):
                formatter.write_dl([(listed.name.ljust(column), _(listed.summary)) for listed in listeds])


def _look_ahead(ctx: click.Context) -> None:
    app = ctx.find_object(App)
    directory = ctx.params.get("directory")
    if app is None:
        return
    app.given = app.cwd / directory if directory else None
    app.look_ahead()


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.find_object(App).out.line(f"vault {__version__}")  # type: ignore[union-attr]  # run() always gives one
        ctx.exit()


@group(
    "vault",
    cls=Root,
    help=N_("Customer notes as plain text: write, search and check them."),
    examples=EXAMPLES,
)
@click.option(
    "-C",
    "directory",
    cls=Option,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=N_("The vault's folder, or one in it."),
)
@click.option(
    "--color",
    cls=Option,
    type=click.Choice(["auto", "always", "never"]),
    help=N_("Show colour (else: NO_COLOR, FORCE_COLOR)."),
)
@click.option(
    "--debug",
    cls=Option,
    is_flag=True,
    expose_value=False,
    help=N_("Show where in the program an error arose."),
)
@click.option(
    "--version",
    cls=Option,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=N_("Show the version and exit."),
)
@pass_app
@click.pass_context
def vault(ctx: click.Context, app: App, directory: Path | None, color: ColorChoice | None) -> None:
    """Take the options that stand before any command."""
    app.given = app.cwd / directory if directory else None
    app.out.color = color or "auto"
    if ctx.invoked_subcommand is None:
        # Who types the name alone asks what it can do.
        app.out.line(ctx.get_help())
