# SPDX-License-Identifier: Apache-2.0
"""Whose hand it is, and why: what a person says to a command that acts for them."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def operator(who: str) -> Callable[[F], F]:
    """The option ``--operator``; ``who`` is its help."""
    return click.option("--operator", required=True, callback=_named, help=who)


def reason() -> Callable[[F], F]:
    """The option ``--reason``, which is kept with the record."""
    told = "Why; kept with the record. Name no resident in it."
    return click.option("--reason", required=True, callback=_said, help=told)


def _said(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not text.strip():
        raise click.BadParameter("what a person decides has a reason under it")
    return text


def _named(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Nobody is not a person: a blank name is refused."""
    if not text.strip():
        raise click.BadParameter("what a person asks or decides has a name under it")
    return text
