# SPDX-License-Identifier: Apache-2.0
"""A command that does one thing when no other word follows: `backup`, `restore`."""

import click


class DefaultGroup(click.Group):
    """A group whose first sub-command is meant where none is named."""

    default = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name before words that name no sub-command."""
        asks_help = args[:1] and args[0] in ctx.help_option_names
        if args and not asks_help and args[0] not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)
