# SPDX-License-Identifier: Apache-2.0
"""The launcher: finds the commands that the rooms offer and runs one.

Every room registers its commands under the entry point group ``sekisho.commands``,
so that this file knows no room and no room knows another's commands. A command is
loaded only when it is named: ``sekisho pki`` does not pay for the daemon's imports.
"""

from importlib.metadata import EntryPoint, entry_points

import click

GROUP = "sekisho.commands"


class Commands(click.Group):
    """A click group whose commands are entry points, loaded when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_found())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        point = _found().get(name)
        if point is None:
            return None
        command = point.load()
        if not isinstance(command, click.Command):
            raise click.ClickException(f"'{name}' is registered but is no command")
        return command


def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="sekisho")
def main() -> None:
    """Sekisho: a secure message gateway, and the network around it on one desk."""


if __name__ == "__main__":
    main()
