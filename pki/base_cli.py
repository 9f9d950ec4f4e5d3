# SPDX-License-Identifier: Apache-2.0
"""What the commands of this room share: how they fail, and how they get passphrases."""

import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click

from pki import passphrase
from pki.errors import PkiError
from pki.keystore import is_locked
from pki.locking import PassphraseError


class Failure(click.ClickException):
    """An error of this room as the operator reads it: the fact, then what to do."""

    def __init__(self, error: PkiError) -> None:
        super().__init__(str(error))
        self.advice = inspect.getdoc(type(error)) or ""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {self.message}\n\n{self.advice}", file=file, err=True)


class Command(click.Command):
    """A command whose `PkiError` becomes a `Failure`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PkiError as error:
            raise Failure(error) from None


@dataclass(frozen=True, slots=True)
class Source:
    """Where one passphrase comes from; nothing is read yet."""

    descriptor: int | None = None
    path: Path | None = None

    def take(self, whose: str, *, new: bool = False) -> bytes:
        """The passphrase; raises `PassphraseError` or `KeyFileError`."""
        if self.path is not None:
            return passphrase.from_file(self.path)
        if self.descriptor is not None:
            return passphrase.from_descriptor(self.descriptor)
        if not sys.stdin.isatty():
            raise PassphraseError(f"{whose}: nobody at the terminal to be asked")
        asked: str = click.prompt(
            f"Passphrase of {whose}",
            hide_input=True,
            confirmation_prompt=new,
            err=True,
        )
        return asked.encode()


ASK = Source()


class _SourceType(click.ParamType[Source]):
    name = "ask|fd:N|FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Source:
        if isinstance(value, Source):
            return value
        if value == "ask":
            return ASK
        if value.startswith("fd:"):
            if not value[3:].isdecimal():
                self.fail("write fd: and a number", param, ctx)
            return Source(descriptor=int(value[3:]))
        return Source(path=Path(value))


SOURCE = _SourceType()
"""``ask`` (at the terminal), ``fd:3`` (a line of a descriptor), or a file (0600)."""


def opened_with(key: Path, source: Source | None, whose: str) -> bytes | None:
    """The passphrase that opens a key: as told; else asked for, if it is locked."""
    if source is None:
        return ASK.take(whose) if is_locked(key) else None
    return source.take(whose)
