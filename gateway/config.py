# SPDX-License-Identifier: Apache-2.0
"""One station's configuration: a TOML file, read once, refused if unclear.

Paths are relative to the file. Unknown keys are refused: a misspelt limit must not
silently be no limit. Nothing here looks at the network or opens a key. What each key
means stands in `gateway.config_keys`; a key that was released once is never dropped,
so that new code runs with the old file.
"""

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.config_faults import explain
from gateway.config_keys import KEYS
from gateway.config_tables import (
    Admin,
    Config,
    Health,
    Inside,
    Keeping,
    Keys,
    Limits,
    Listen,
    Log,
    MasterFile,
    Media,
    Profile,
    Proof,
    Station,
    StoreFile,
    Timing,
    secret,
)
from gateway.records.months import key_folder
from pki.names import BadStationName, StationName

__all__ = [
    "CONFIG_NAME",
    "Admin",
    "Config",
    "ConfigRefused",
    "Health",
    "Inside",
    "Keeping",
    "Keys",
    "Limits",
    "Listen",
    "Log",
    "MasterFile",
    "Media",
    "Profile",
    "Proof",
    "Station",
    "StoreFile",
    "Timing",
    "is_loopback",
    "load",
    "network_configs",
]

CONFIG_NAME = "station.toml"
LARGEST = 256 * 1024
"""Bytes of a configuration; a larger file is another file."""
_ADDRESS = re.compile(r"https?://[!-~]{1,200}", re.ASCII)
_POLICY = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,30}", re.ASCII)


class ConfigRefused(Exception):
    """A configuration cannot be used.

    The message names the file, the key and what is wanted there. Nothing was started.
    """


def load(path: Path) -> Config:
    """Read and check ``path``; raises `ConfigRefused`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ConfigRefused(f"{path}: is no configuration: over {LARGEST} bytes")
        raw = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"{path}: is not TOML: {_where(error)}") from None
    except (ValueError, RecursionError):
        raise ConfigRefused(f"{path}: holds what no TOML reader takes") from None
    try:
        config = msgspec.convert(raw, Config, dec_hook=_path)
        _check(config)
    except msgspec.ValidationError as error:
        raise ConfigRefused(f"{path}: {explain(str(error))}") from None
    except ConfigRefused as error:
        raise ConfigRefused(f"{path}: {error}") from None
    return _absolute(config, path.parent)


def _where(error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> str:
    """Where a file stops being TOML, without what stands there."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    place = str(error).rpartition("(at ")[2].rstrip(")")
    return f"look at {place}; check quotes, brackets and names used twice"


def network_configs(directory: Path) -> list[Path]:
    """The station files of a network made by ``sekisho up``, in a fixed order."""
    found = sorted(directory.glob(f"stations/*/{CONFIG_NAME}"))
    if not found:
        raise ConfigRefused(f"{directory}: holds no stations/*/{CONFIG_NAME}")
    return found


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(config: Config) -> None:
    """What no single value shows; raises `ConfigRefused` without the file's name."""
    for key, value in _names(config):
        try:
            StationName.parse(value)
        except BadStationName:
            raise _unfit(key) from None
    taken: dict[int, str] = {}
    for table, one in config.listeners():
        if not _is_address(one.host):
            raise _unfit(f"{table}.host")
        if table == "admin" and not is_loopback(one.host):
            raise _unfit("admin.host")
        other = taken.setdefault(one.port, table)
        if other != table:
            raise ConfigRefused(
                f"{table}.port: is {other}.port too; give each listener its own"
            )
    _check_proof(config.proof, str(config.station.name))


def _check_proof(proof: Proof, own: str) -> None:
    """Enough witnesses for the quorum, none twice; an authority with its root."""
    if own in proof.witnesses or len(set(proof.witnesses)) != len(proof.witnesses):
        raise ConfigRefused("proof.witnesses: name other stations, each one once")
    if proof.witnesses and proof.quorum > len(proof.witnesses):
        raise _unfit("proof.quorum")
    if proof.authority and not _ADDRESS.fullmatch(proof.authority):
        raise _unfit("proof.authority")
    if bool(proof.authority) != (proof.authority_root is not None):
        raise ConfigRefused("proof.authority_root: it and proof.authority go together")
    if proof.authority_policy and not _POLICY.fullmatch(proof.authority_policy):
        raise _unfit("proof.authority_policy")


def _names(config: Config) -> Iterator[tuple[str, str]]:
    """Everything that must be a station's name or a part of one, by key."""
    station = config.station
    yield "station.organisation", f"{station.organisation}/municipal_cs"
    yield "station.role", f"{station.organisation}/{station.role}"
    if config.prefecture is not None:
        yield "prefecture", f"{config.prefecture}/prefectural_server"
    if config.inside is not None:
        for client in config.inside.clients:
            yield "inside.clients", client
    for witness in config.proof.witnesses:
        yield "proof.witnesses", witness


def _unfit(key: str) -> ConfigRefused:
    return ConfigRefused(f"{key}: not what is wanted here; write {KEYS[key].wanted}")


def _is_address(host: str) -> bool:
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    raise ValueError("a path is wanted here")


def _absolute(config: Config, base: Path) -> Config:
    def at(path: Path) -> Path:
        return (base / path).absolute()

    replace = msgspec.structs.replace
    keys, store, master = config.keys, config.store, config.master
    proof, patches = config.proof, config.patches
    return replace(
        config,
        keys=replace(
            keys,
            directory=at(keys.directory),
            chain=at(keys.chain),
            crl=at(keys.crl),
            passphrase_file=keys.passphrase_file and at(keys.passphrase_file),
        ),
        store=replace(
            store,
            path=at(store.path),
            key=secret(at(store.key)),
            month_keys=at(store.month_keys or key_folder(store.key)),
        ),
        master=replace(master, path=at(master.path), anchor=at(master.anchor)),
        code_key=None if config.code_key is None else secret(at(config.code_key)),
        clock=config.clock and at(config.clock),
        calendar=config.calendar and at(config.calendar),
        peer_calendars=config.peer_calendars and at(config.peer_calendars),
        tables=config.tables and at(config.tables),
        patches=replace(
            patches, advisories=patches.advisories and at(patches.advisories)
        ),
        proof=replace(
            proof, authority_root=proof.authority_root and at(proof.authority_root)
        ),
    )
