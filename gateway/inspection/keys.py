# SPDX-License-Identifier: Apache-2.0
"""Key files: what kind of key, and whether a station would use the file. Never the key.

The verdict is `pki.keystore`'s on the file as it lies there: mode and owner count as
much as content, so a key inside another encoding is only named.
"""

from pathlib import Path
from typing import Final

from gateway.inspection.known import Known
from gateway.inspection.report import Finding, Layer, ok, protocol, refused, unchecked
from pki.errors import PkiError
from pki.keystore import (
    KeyFileError,
    is_locked,
    load_private_key,
    load_secret,
    read_private,
)
from pki.profiles import kind_of

SECRET_SIZE: Final = 32
"""Bytes of ``store.key``, the one kind of key without a form."""
_RULE: Final = f"R-136, {protocol('2.3')}"
_WHAT: Final = "a station would use this file"


def private_key(path: Path, label: str, known: Known) -> tuple[Layer, ...]:
    """A private key; ``label`` is that of its PEM block, empty for DER."""
    facts = (("holds", "a private key, which is never shown"),)
    if not label:
        no = refused(_WHAT, _RULE, "", "stations read keys in PEM only")
        return (Layer("key", (_kept(path), no), facts),)
    try:
        locked = is_locked(path)
        if locked and known.passphrase is None:
            need = "it is locked: give --passphrase-file"
            return (Layer("key", (unchecked(_WHAT, _RULE, need),), facts),)
        key = load_private_key(path, known.passphrase if locked else None)
    except PkiError as error:
        no = refused(_WHAT, _RULE, "", _cause(error, path))
        return (Layer("key", (no,), facts),)
    kind = kind_of(key.public_key())
    told = (*facts, ("kind", "unknown" if kind is None else kind.value))
    return (Layer("key", (ok(_WHAT, _RULE),), told),)


def secret(path: Path) -> tuple[Layer, ...]:
    """Thirty-two bytes without a form: perhaps a store's key."""
    facts = (("holds", f"{SECRET_SIZE} bytes, as store.key has; never shown"),)
    try:
        load_secret(path, SECRET_SIZE)
    except KeyFileError as error:
        no = refused(_WHAT, _RULE, "", _cause(error, path))
        return (Layer("key", (no,), facts),)
    need = "nothing in it says whose it is; a store knows its own (--store-key)"
    return (
        Layer(
            "key", (_kept(path), unchecked("it is a store's key", _RULE, need)), facts
        ),
    )


def public_key() -> tuple[Layer, ...]:
    """A public key by itself: no station reads one."""
    why = "stations read public keys in certificates only"
    return (Layer("public key", (refused(_WHAT, _RULE, "", why),)),)


def request() -> tuple[Layer, ...]:
    """A certification request: made on the way to a certificate."""
    why = "it is a request to an authority, not yet a certificate"
    no = refused(_WHAT, f"RFC 2986, {protocol('2.3')}", "", why)
    return (Layer("certification request", (no,)),)


def _kept(path: Path) -> Finding:
    what = "only its owner can read it"
    try:
        read_private(path)
    except KeyFileError as error:
        return refused(what, _RULE, "", _cause(error, path))
    return ok(what, _RULE)


def _cause(error: PkiError, path: Path) -> str:
    """The error without the path, which stands above already."""
    return str(error).removeprefix(f"{path}: ")
