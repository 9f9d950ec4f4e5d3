# SPDX-License-Identifier: Apache-2.0
"""One station: its keys, its master and its store, as the rules may look at them.

Built once when the daemon starts. Everything that can be wrong with keys, master or
store is found here, before a listener opens. A newer master is taken into the station's
directory while it works (`gateway.services.master_watch`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from gateway.calendars import Calendars
from gateway.config import Config, ConfigRefused, is_loopback
from gateway.config import Keys as KeyFiles
from gateway.entropy import Entropy
from gateway.records.acquisitions import Acquisition
from gateway.records.copies import Copy
from gateway.records.rows import CoreTransaction, Inquiry, Seen
from gateway.records.store import Store, StoreReader
from gateway.rules.master import objection
from gateway.rules.restored import Restored
from gateway.tables.errors import TablesRefused
from gateway.tables.in_use import NO_TABLES, Tables
from gateway.tables.in_use import read as read_tables
from gateway.view import Facts
from pki.cms import Signer
from pki.keystore import load_private_key, load_secret
from pki.names import StationName
from pki.sealing import Opener, Recipient
from pki.trust import TrustStore
from protocols import master as masters
from protocols.directory import Directory
from protocols.header import TokenBytes
from protocols.identifiers import Realm
from protocols.linkage_code import CodeMaker, UnknownCode
from protocols.master import Master
from protocols.route import RouteReader


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys in use, each beside its certificate."""

    signer: Signer
    opener: Opener
    sealing_digest: bytes
    permit_signer: Signer | None


class Station:
    """A station as rules and services see it; reading only (`gateway.view`)."""

    def __init__(
        self,
        config: Config,
        keys: Keys,
        directory: Directory,
        store: Store,
        codes: CodeMaker | None = None,
        token_bytes: TokenBytes | None = None,
        calendars: Calendars | None = None,
        tables: Tables = NO_TABLES,
    ) -> None:
        self.config = config
        self.name = config.station.name
        self.keys = keys
        self.store = store
        self.codes = codes
        self.token_bytes = token_bytes or Entropy()
        self.calendars = calendars or Calendars()
        self._facts = Facts(
            name=self.name,
            directory=directory,
            routes=RouteReader(directory),
            opener=keys.opener,
            sealing_digest=keys.sealing_digest,
            realm=Realm(directory.master.realm),
            hours=self.calendars.own,
            tables=tables,
            restored=Restored(
                closed=store.closed_restore() is not None,
                forgotten_until=store.permits_forgotten_until(),
            ),
            longest=config.master.longest,
        )

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def directory(self) -> Directory:
        return self._facts.directory

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        return self.store.seen(sender, message_id)

    def permit_used(self, permit_id: bytes) -> bool:
        return self.store.permit_used(permit_id)

    def copy(self, code: str) -> Copy | None:
        return self.store.copy_by_code(code)

    def acquisition(self, known_by: bytes) -> Acquisition | None:
        return self.store.acquisition(known_by)

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        return self.store.inquiry(processing_number)

    def transaction(self, processing_number: bytes) -> CoreTransaction | None:
        return self.store.transaction(processing_number)

    def translate(self, code: str, source: str, target: str) -> str | None:
        if self.codes is None:
            return None
        try:
            return self.codes.translate(code, source, target)
        except UnknownCode:
            return None

    def tag_of(self, value: object) -> str:
        """The tag of whom a payload of our own systems speaks of; empty if of nobody.

        An addressee number stands for a person here as far as a copy tells it.
        """
        code = getattr(value, "subject_code", "")
        code = code or getattr(value, "resident_record_code", "")
        number = getattr(value, "addressee_number", "")
        if number and not code:
            copy = self.store.copy_by_addressee(number)
            code = "" if copy is None else copy.linkage_code
        return self.store.person_tag(code) if code else ""

    def core(self) -> StationName | None:
        """The core system of this network."""
        entry = self.directory.master.core()
        return None if entry is None else entry.name


def load_directory(config: Config, at: datetime) -> Directory:
    """Trust store and verified master; raises `ConfigRefused` or a `PkiError`."""
    trust = TrustStore.load(config.keys.chain, config.keys.crl)
    refuse_test_keys_in_the_open(config, trust)
    return Directory(load_master(config, load_anchor(config), trust, at), trust)


def load_anchor(config: Config) -> x509.Certificate:
    """The certificate that masters must be signed with; raises `ConfigRefused`."""
    return _certificate(config.master.anchor)


def load_master(
    config: Config, anchor: x509.Certificate, trust: TrustStore, at: datetime
) -> Master:
    """The master that lies there, verified; raises `ConfigRefused`, `MasterRefused`."""
    return masters.read(_read(config.master.path), [anchor], trust, at)


def must_follow(config: Config, master: Master, store: StoreReader) -> None:
    """Raises `ConfigRefused` for an older master than this station went by before."""
    why = objection(master, store.newest_master())
    if why:
        raise ConfigRefused(f"master.path: {config.master.path}: {why}")


def refuse_test_keys_in_the_open(config: Config, trust: TrustStore) -> None:
    """A TEST authority's keys are worth nothing: they may serve loopback only."""
    if not trust.is_test:
        return
    for table, address in config.listeners():
        if not is_loopback(address.host):
            raise ConfigRefused(
                f"{table}.host: a TEST PKI serves loopback addresses only, not "
                f"{address.host}: write 127.0.0.1, or use a real authority's keys"
            )


def load_keys(config: Config) -> Keys:
    """Read the station's private keys; raises `ConfigRefused` or a `PkiError`."""
    files = config.keys
    sealing = _certificate(files.certificate("sealing"))
    holder = StationName.of_certificate(sealing)
    if holder != config.station.name:
        raise ConfigRefused(
            f"{files.directory}: holds keys of {holder}, not {config.station.name}"
        )
    return Keys(
        signer=_signer(files, "signing"),
        opener=Opener(_ec_key(files, "sealing"), sealing),
        sealing_digest=Recipient(sealing).digest,
        permit_signer=_signer(files, "permit")
        if files.key("permit").exists()
        else None,
    )


def load_codes(config: Config) -> CodeMaker | None:
    """The core's code maker, None at every other station; raises `KeyFileError`."""
    return None if config.code_key is None else CodeMaker(load_secret(config.code_key))


def load_tables(config: Config) -> Tables:
    """The official tables, read once; raises `ConfigRefused`."""
    try:
        return read_tables(config.tables)
    except TablesRefused as error:
        raise ConfigRefused(f"tables: {error}") from None


def _signer(files: KeyFiles, purpose: str) -> Signer:
    return Signer(_ec_key(files, purpose), _certificate(files.certificate(purpose)))


def _ec_key(files: KeyFiles, purpose: str) -> EllipticCurvePrivateKey:
    path = files.key(purpose)
    key = load_private_key(path, files.passphrase())
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ConfigRefused(f"{path}: a P-256 key is wanted here")
    return key


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError:
        raise ConfigRefused(f"{path}: is not a PEM certificate") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
