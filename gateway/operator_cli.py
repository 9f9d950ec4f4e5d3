# SPDX-License-Identifier: Apache-2.0
"""Whose hand it is: the option by which a person says their name to a command."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def operator(who: str) -> Callable[[F], F]:
    """The option ``--operator``; ``who`` is its help."""
    return click.option("--operator", required=True, callback=_named, help=who)


def _named(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Nobody is not a person: a blank name is refused."""
    if not text.strip():
        raise click.BadParameter("what a person asks or decides has a name under it")
    return text
