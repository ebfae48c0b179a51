"""Show what `vault lint` finds, in the format that was asked for, and keep the baseline in step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from vault_tool import messages
from vault_tool.cli.app import App
from vault_tool.cli.width import width
from vault_tool.errors import Exit
from vault_tool.lint import report
from vault_tool.lint.report import Tally
from vault_tool.messages import _, ngettext
from vault_tool.named import NamedTuple

if TYPE_CHECKING:
    from vault_tool.lint.baseline import Baseline
    from vault_tool.lint.finding import Finding, Linted, Mending
    from vault_tool.lint.linter import Linter
    from vault_tool.lint.statistics import Count, Statistics

Format = Literal["text", "concise", "json", "github", "sarif"]
FORMATS: tuple[Format, ...] = get_args(Format)

# So many findings on a terminal are more than one reads: a word of what to do first.
MANY = 50
# What notes have that were never meant for this vault: no front matter, no id, no name.
FOREIGN = frozenset({"FM001", "FM006"})
# As an info it is a hint for the vault as a whole: told once, at the end.
CAN_BE_SEALED = "PV008"
_MOST_NAMED = 5


class Wish(NamedTuple):
    """What this run is to do about what it finds.

    `is_whole` says that all customers are looked at; `update` is what becomes of the file `baseline`.
    """

    mending: Mending
    writes: bool
    shows_diff: bool
    format: Format
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    as_of: str | None = None
    is_whole: bool = True
    counts: bool = False
    baseline: Path | None = None
    update: Literal["write", "prune"] | None = None
    takes_privacy: bool = False


class _Sorted(NamedTuple):
    """One file after its turn; what a baseline knows is not among its findings."""

    file: Linted
    known: list[Finding]


class Reporter:
    """Shows one run's findings as they come, and counts them."""

    def __init__(self, app: App, wish: Wish, linter: Linter) -> None:
        self.tally = Tally()
        self._app = app
        self._wish = wish
        self._linter = linter
        self._codes: Counter[tuple[str, str]] = Counter()
        self._unsealed = 0
        self._statistics: Statistics | None = None
        if wish.counts:
            from vault_tool.lint.statistics import Statistics

            self._statistics = Statistics()

    def show(self, linted: Iterable[Linted], data: bytes | None = None) -> Exit:
        """Print everything and return the exit status; `data` is the note that came through the pipe."""
        files = self._counted(self._without_hints(self._sorted_out(linted)))
        match self._wish.format:
            case "json":
                self._show_json(files)
            case "sarif":
                self._show_sarif(files)
            case "github":
                self._show_github(files)
            case _ if self._statistics:
                self._show_statistics(self._statistics, files)
            case _ if self._wish.shows_diff:
                for one in files:
                    self._show_patch(one.file, data)
            case _:
                self._app.out.lines(self._lines(each for one in files for each in one.file.findings))
        return self._finish()

    def pass_on(self, linted: Linted, data: bytes) -> Exit:
        """Print a note that came through the pipe as it is mended, and on stderr what is still wrong."""
        change = linted.change
        self._app.out.raw(change.after if change and change.after is not None else data)
        for one in self._counted(self._without_hints(self._sorted_out([linted]))):
            for finding in one.file.findings:
                self._app.out.note(report.text_line(finding))
        return Exit.FINDINGS if self.tally.matters else Exit.OK

    def _sorted_out(self, linted: Iterable[Linted]) -> Iterator[_Sorted]:
        if self._wish.baseline is None:
            return (_Sorted(one, []) for one in linted)
        from vault_tool.lint.baseline import read_baseline

        if self._wish.update is None:
            return _by_baseline(linted, self._linter, read_baseline(self._wish.baseline))
        from vault_tool.cli.lint_baseline import update_baseline

        listed = list(linted)
        new = update_baseline(self._app, self._wish, self._linter, listed)
        return _by_baseline(listed, self._linter, new)

    def _without_hints(self, files: Iterable[_Sorted]) -> Iterator[_Sorted]:
        """Keep back and count what is told once, unless these rules were asked for by name."""
        for one in files:
            if not one.file.findings:
                yield one
                continue
            findings = [each for each in one.file.findings if self._wish.select or not _is_hint(each)]
            if len(findings) == len(one.file.findings):
                yield one
            else:
                self._unsealed += 1
                yield one._replace(file=one.file._replace(findings=findings))

    def _counted(self, files: Iterable[_Sorted]) -> Iterator[_Sorted]:
        for one in files:
            self.tally.add(one.file.findings, one.file.fixed, len(one.known))
            for finding in one.file.findings:
                self._codes[finding.code, finding.name] += 1
            if self._statistics:
                card = self._linter.card(one.file.path)
                everything = [*one.file.findings, *one.known]
                self._statistics.add(card and card.owner, card and card.stage, everything)
            yield one

    # --- formats

    def _lines(self, findings: Iterable[Finding]) -> Iterator[str]:
        out = self._app.out
        for finding in findings:
            if self._wish.format == "concise":
                yield report.concise_line(finding)
                continue
            yield report.text_line(finding, out.style)
            if out.is_terminal:
                for number, line in enumerate(report.excerpt(finding, width, out.columns)):
                    yield out.style(line, "dim") if number else line
                yield ""

    def _show_github(self, files: Iterable[_Sorted]) -> None:
        from vault_tool.lint.report_github import github_line
        from vault_tool.lint.staged import folder_in_repository

        folder = folder_in_repository(self._app.root)
        self._app.out.lines(github_line(each, folder) for one in files for each in one.file.findings)

    def _show_patch(self, one: Linted, data: bytes | None) -> None:
        """Print one file's patch and nothing else: it is to be piped into `git apply`."""
        if one.change is None or one.change.after is None:
            return
        from vault_tool.cli.lint_patch import patch
        from vault_tool.vault import files

        if data is None:
            data = files.read(self._app.root, one.path).data
        if files.digest(data) != one.change.before:
            return  # saved meanwhile: the patch would be wrong of what stands there now
        made = patch(one.path, data, one.change.after)
        if self._app.out.is_terminal:
            from vault_tool.notes.secrets import mask_secrets

            self._app.out.diff(mask_secrets(made.decode("utf-8", "replace"), self._app.schema))
        else:
            self._app.out.raw(made)

    def _show_json(self, files: Iterable[_Sorted]) -> None:
        document = report.document((each for one in files for each in one.file.findings), self.tally)
        if self._statistics:
            from vault_tool.lint.statistics import last_counts

            state = self._app.opening.places.state
            document["statistics"] = self._statistics.document(last_counts(state) if self._is_usual else None)
            self._keep_statistics(self._statistics)
        self._app.out.json(document)

    def _show_sarif(self, files: Iterable[_Sorted]) -> None:
        from vault_tool.lint.report_sarif import Reported, sarif_document
        from vault_tool.lint.selection import select_rules
        from vault_tool.lint.staged import folder_in_repository

        rules = select_rules(self._app.opening.settings.lint, self._wish.select, self._wish.ignore)
        is_new = False if self._wish.baseline else None
        reported = []
        for one in files:
            found = [Reported(finding, is_new) for finding in one.file.findings]
            found += [Reported(finding, True) for finding in one.known]
            reported += sorted(found, key=lambda each: (each.finding.start, each.finding.code))
        shown = [rule for rule in rules.active if rule.code in rules.shown]
        self._app.out.json(sarif_document(reported, shown, folder_in_repository(self._app.root)))

    # --- statistics

    @property
    def _is_usual(self) -> bool:
        """Whether another run's counts mean the same: all customers, all rules of the settings."""
        return self._wish.is_whole and not (self._wish.select or self._wish.ignore or self._wish.shows_diff)

    def _show_statistics(self, statistics: Statistics, files: Iterable[_Sorted]) -> None:
        from vault_tool.lint.statistics import last_counts

        for _one in files:
            pass
        before = last_counts(self._app.opening.places.state) if self._is_usual else None
        kinds = {"rules": _("rule"), "owners": _("owner"), "stages": _("stage")}
        rows = [
            (
                kinds[group],
                self._named(group, one.name),
                str(one.findings),
                str(one.fixable or ""),
                _change(one),
            )
            for group, counts in statistics.ranked(before).items()
            for one in counts
        ]
        header = (_("By"), _("What"), _("Findings"), _("--fix mends"), _("Change"))
        self._app.out.table(rows, header)
        if before:
            self._app.out.note(_("Change: since the count of {day}.").format(day=before.day))
        self._keep_statistics(statistics)

    def _named(self, group: str, name: str) -> str:
        if not name:
            return _("(none)")
        if group == "rules":
            from vault_tool.lint.rules import find_rule

            rule = find_rule(name)
            return f"{name} {rule.name}" if rule else name
        if group == "owners":
            person = self._app.opening.settings.person(name)
            return person.name if person else name
        word = self._app.opening.schema.word("stage", name)
        return word.label(messages.language()) if word else name

    def _keep_statistics(self, statistics: Statistics) -> None:
        if self._is_usual:
            statistics.keep(self._app.opening.places.make().state, self._app.today)

    # --- the end

    def _finish(self) -> Exit:
        tally, out = self.tally, self._app.out
        out.flush()
        if self._wish.format not in ("json", "sarif"):
            out.note(report.summary(tally, is_preview=self._wish.shows_diff))
            if self._unsealed:
                said = ngettext(
                    "{count} note holds values that can be sealed, such as mobile numbers: see `vault seal`.",
                    "{count} notes hold values that can be sealed, such as mobile numbers: see `vault seal`.",
                    self._unsealed,
                )
                out.hint(said.format(count=self._unsealed))
            if self._wish.update == "write" and not self._wish.takes_privacy:
                self._tell_of_what_is_not_accepted()
            if tally.fixed and self._wish.writes:
                out.hint(_("`vault undo` takes it back."))
            elif self._codes.total() > MANY and out.is_terminal and not self._wish.shows_diff:
                self._advise()
        return Exit.FINDINGS if tally.matters or (self._wish.shows_diff and tally.fixed) else Exit.OK

    def _tell_of_what_is_not_accepted(self) -> None:
        from vault_tool.lint.baseline import PRIVACY

        left = sum(count for (code, _name), count in self._codes.items() if code.startswith(PRIVACY))
        if left:
            said = ngettext(
                "{count} finding about a secret was not accepted: `--include-privacy` accepts it, too.",
                "{count} findings about secrets were not accepted: `--include-privacy` accepts them, too.",
                left,
            )
            self._app.out.hint(said.format(count=left))

    def _advise(self) -> None:
        """Say what most of the findings are, and where to begin."""
        out = self._app.out
        named = (f"{code} {name} ({count})" for (code, name), count in self._codes.most_common(_MOST_NAMED))
        out.note(_("Most frequent: {rules}").format(rules=_(", ").join(named)))
        if sum(count for (code, _name), count in self._codes.items() if code in FOREIGN) > MANY:
            out.hint(
                _("`vault init --adopt FOLDER` takes in notes from elsewhere: front matter, ids, dates.")
            )
        if self.tally.fixable and self._wish.mending == "none":
            out.hint(
                _("`vault lint --fix --diff` shows what can be mended safely, `vault lint --fix` does it.")
            )
        out.hint(
            _("`vault lint --statistics` counts by rule, owner and stage; `vault rule CODE` explains one.")
        )
        if not self._wish.baseline:
            out.hint(
                _(
                    "`vault lint --write-baseline FILE` accepts what is there: "
                    "then --baseline FILE shows only what is new."
                )
            )


def _is_hint(finding: Finding) -> bool:
    return finding.code == CAN_BE_SEALED and not finding.matters


def without_known(linted: Iterable[Linted], linter: Linter, file: Path | None) -> Iterator[Linted]:
    """Yield what was linted without the findings that a baseline holds, where there is one."""
    if file is None:
        return iter(linted)
    from vault_tool.lint.baseline import read_baseline

    return (one.file for one in _by_baseline(linted, linter, read_baseline(file)))


def _by_baseline(linted: Iterable[Linted], linter: Linter, baseline: Baseline) -> Iterator[_Sorted]:
    from vault_tool.lint.baseline import Matcher

    matcher = Matcher(baseline)
    for one in linted:
        card = linter.card(one.path)
        new, known = matcher.sort_out(one.path, card and card.id, one.findings)
        yield _Sorted(one._replace(findings=new), known)


def _change(one: Count) -> str:
    if one.before is None or one.before == one.findings:
        return "" if one.before is None else "="
    return f"{one.findings - one.before:+d}"
