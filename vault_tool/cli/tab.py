"""Answer a shell at Tab: without click where a command's own argument is asked for, which is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from vault_tool.cli import complete
from vault_tool.cli.app import App
from vault_tool.cli.complete import is_a_word
from vault_tool.cli.main import lend_messages_to_click
from vault_tool.errors import Exit

Completion = tuple[str, str, str]
"""Its kind (`plain`; of `file` and `dir` the shell knows more), what to type, what to show beside it."""

# What a command's arguments are: of the one, or of all of them. The commands say the same; a test compares.
ONE = {
    "show": complete.customers,
    "log": complete.customers,
    "edit": complete.customers,
    "rename": complete.customers,
    "remove": complete.customers,
    "history": complete.customers,
    "restore": complete.customers,
    "resolve": complete.customers,
}
ALL = {
    "archive": complete.customers,
    "diff": complete.customers,
    "rebind": complete.customers,
    "set": complete.assignments,
    "search": complete.queries,
    "list": complete.queries,
}

# Bash cuts words at these. What stands before the first two it does not put back again, so nor may we.
_CUTS = "=:"
_BREAKS = _CUTS + "@"


# As the scripts read it that click makes for these shells.
FORMATS: Mapping[str, Callable[[str, str, str], str]] = {
    "bash": lambda kind, value, beside: f"{kind},{value}",
    "zsh": lambda kind, value, beside: (
        f"{kind}\n{value.replace(':', chr(92) + ':')}\n{beside}" if beside else f"{kind}\n{value}\n_"
    ),
    "fish": lambda kind, value, beside: f"{kind},{value}\t{beside}" if beside else f"{kind},{value}",
    "powershell": lambda kind, value, beside: f"{kind}\n{value}\n{beside or '_'}",
}


def answer(app: App, prog: str, instruction: str) -> int:
    """Print what a shell asks for: its script, or what may be typed; errors would land in that line."""
    shell, _, what = instruction.partition("_")
    try:
        if what == "complete" and shell in FORMATS:
            words, incomplete = typed(shell, app.env)
            found = _arguments(app, words, incomplete)
            if found is None:
                found = _by_click(app, prog, words, incomplete)
            cut = _shown_no_more(incomplete) if shell == "bash" else ""
            quoted = partial(_quoted, shell, is_open=_split(app.env["COMP_WORDS"])[1])
            lines = [
                FORMATS[shell](kind, quoted(value.removeprefix(cut)), beside)
                for kind, value, beside in found
                if shell != "fish" or "," not in value  # where its script would cut
            ]
            # As bytes: for a shell, no system's line end but this one will do.
            app.out.raw("".join(f"{line}\n" for line in lines).encode())
            return Exit.OK
        return _script(prog, instruction)
    except Exception:  # noqa: BLE001 - as promised
        return Exit.BUG


def typed(shell: str, env: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the words that stand behind the program's name, and the one that is being typed."""
    words, _is_open = _split(env["COMP_WORDS"])
    if shell == "fish":
        incomplete = "".join(_split(env["COMP_CWORD"])[0][:1])
        # Fish has the word being typed in both.
        return words[1:-1] if incomplete and words[-1:] == [incomplete] else words[1:], incomplete
    at = int(env["COMP_CWORD"])
    before, incomplete = words[1:at], "".join(words[at : at + 1])
    if shell == "bash":
        while before and (not before[-1].strip(_BREAKS) or incomplete.startswith(tuple(_CUTS))):
            incomplete = before.pop() + incomplete
    return before, incomplete


def _quoted(shell: str, value: str, *, is_open: bool) -> str:
    """Return a value as a shell's script has to be given it, to put it into the line in one piece.

    Zsh and fish quote for themselves. `is_open`: a quote was begun and bash puts the value into it.
    """
    if shell == "bash":
        typed = value if is_open else "".join(sign if is_a_word(sign) else f"\\{sign}" for sign in value)
        return typed.replace("\\", "\\\\")  # the script's `read` makes one of two
    if shell == "powershell" and not (is_a_word(value) and set("@,").isdisjoint(value)):
        return "'" + value.replace("'", "''") + "'"
    return value


def _split(text: str) -> tuple[list[str], bool]:
    """Split as a shell would, also what is quoted and not closed yet; tell whether something is."""
    import shlex

    lex = shlex.shlex(text, posix=True, punctuation_chars=False)
    lex.whitespace_split = True
    lex.commenters = ""
    words: list[str] = []
    try:
        words.extend(lex)
    except ValueError:
        words.append(lex.token)
        return words, True
    return words, False


def _shown_no_more(incomplete: str) -> str:
    """Return the beginning of a word that bash has taken for a word of its own."""
    last = max(incomplete.rfind(sign) for sign in _CUTS)
    return incomplete[: last + 1]


def _arguments(app: App, words: list[str], incomplete: str) -> list[Completion] | None:
    """Return what an argument may be; None where there are options to understand."""
    if not words or any(word.startswith("-") for word in (*words, incomplete)):
        return None
    command, *before = words
    offer = ALL.get(command) or (None if before else ONE.get(command))
    return None if offer is None else [("plain", *item) for item in offer.of(app, incomplete)]


def _by_click(app: App, prog: str, words: list[str], incomplete: str) -> list[Completion]:
    lend_messages_to_click()
    from click.shell_completion import ShellComplete

    from vault_tool.cli.root import vault

    found = ShellComplete(vault, {"obj": app}, prog, "").get_completions(words, incomplete)
    # Of `--option=value` click gives back the value alone.
    option = incomplete[: incomplete.find("=") + 1] if incomplete.startswith("-") else ""
    return [(item.type, option + item.value, item.help or "") for item in found]


def _script(prog: str, instruction: str) -> int:
    lend_messages_to_click()
    from click.shell_completion import shell_complete

    from vault_tool.cli.root import vault

    return shell_complete(vault, {}, prog, f"_{prog}_COMPLETE".replace("-", "_").upper(), instruction)
