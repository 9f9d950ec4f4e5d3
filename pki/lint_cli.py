# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki lint``: is what lies in these files built as it must be?"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from pki import lint_files
from pki.base_cli import Command
from pki.lint import Severity
from pki.lint_files import Report

_NOTICED = Severity.NOTICE


@click.command("lint", cls=Command)
@click.argument(
    "paths",
    metavar="FILE|DIR...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option("--all", "everything", is_flag=True, help="Informative findings, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
def lint(paths: tuple[Path, ...], everything: bool, as_json: bool) -> None:
    """Lint certificates and revocation lists, by RFC 5280 and by our own profiles.

    Says nothing about trust or time: show does that. Exit status 1 if anything of
    warning or above was found; the authority signs nothing of that kind.
    """
    found = lint_files.reports(paths)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        least = Severity.INFO if everything else _NOTICED
        for line in _lines(found, least):
            click.echo(line)
    if any(report.grave for report in found):
        raise SystemExit(1)


def _lines(found: Iterable[Report], least: Severity) -> Iterator[str]:
    count = bad = 0
    for report in found:
        count += 1
        bad += bool(report.grave)
        for finding in report.findings:
            if Severity[finding.severity] <= least:
                yield f"{report.file}#{report.place}: {finding}"
    yield f"{count} linted, {bad} with findings of warning or above"
