# SPDX-License-Identifier: Apache-2.0
"""What the person who asks knows beside the file: moment, keys, certificates, trust.

Made once from the options (`Asked`) or from a station's configuration. The more is
given, the more questions have an answer; nothing is fetched, nothing is guessed. Keys
that open stay in `Opener`s, which show nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from gateway import config as configs
from gateway.inspection import anchors, carrier
from pki.certified_key import CertifiedKey
from pki.cms import Verifier
from pki.errors import UnusableCertificate
from pki.keystore import (
    is_locked,
    load_certificate,
    load_certificates,
    load_p256_key,
    load_secret,
)
from pki.names import MALFORMED, BadStationName, StationName
from pki.passphrase import from_file
from pki.profiles import Purpose, purpose_of
from pki.sealing import Opener
from pki.trust import TrustStore
from protocols import master as masters
from protocols.directory import Directory
from protocols.identifiers import Realm
from protocols.master import Master, StationEntry

NO_MASTER: Final = 0
"""Version of the directory that stands for loose certificates."""
_MASTER: Final = "needs the master: --master or --config"


class Unclear(Exception):
    """The options do not go together.

    A key without its certificate, a chain without its list, a master without either.
    Nothing was looked at. Give what the message names.
    """


class Untold(Exception):
    """A check asked what was not given, or what only a running station knows.

    Never shown as an error: the check is told as not checked, with this reason.
    """


class Loose(Directory):
    """Certificates without a master: who signed is known, but nobody's entry is."""

    def peer(self, name: StationName) -> NoReturn:
        raise Untold(_MASTER)

    def items(self, at: datetime) -> NoReturn:
        raise Untold(_MASTER)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as paths."""

    at: datetime
    personal: bool = False
    config: Path | None = None
    keys: Path | None = None
    key: Path | None = None
    sealing_cert: Path | None = None
    passphrase_file: Path | None = None
    certificates: tuple[Path, ...] = ()
    trust: Path | None = None
    crl: Path | None = None
    master: Path | None = None
    store_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The same, read and proved."""

    at: datetime
    personal: bool = False
    """Whether personal data may be shown."""
    openers: tuple[Opener, ...] = ()
    certificates: tuple[x509.Certificate, ...] = ()
    """Every certificate at hand, whoever's and whatever for."""
    chain: tuple[x509.Certificate, ...] = ()
    crl: Path | None = None
    trust: TrustStore | None = None
    master: Master | None = None
    directory: Directory | None = None
    """Who signs with which key, and whether to believe it; needs trust."""
    store_key: bytes | None = field(default=None, repr=False)
    passphrase: bytes | None = field(default=None, repr=False)
    """What opens locked private keys."""

    @property
    def own_name(self) -> StationName | None:
        """The station whose sealing key was given first: its current one."""
        if not self.openers:
            return None
        try:
            return StationName.of_certificate(self.openers[0].certificate)
        except BadStationName:
            return None

    @property
    def realm(self) -> Realm | None:
        """Whose check digits count; None where no master says it."""
        return None if self.master is None else Realm(self.master.realm)

    def certificate(self, key_id: bytes) -> x509.Certificate | None:
        """The one of that key; None where none is at hand."""
        for certificate in self.certificates:
            try:
                if CertifiedKey.of(certificate).key_id == key_id:
                    return certificate
            except UnusableCertificate:
                continue
        return None

    def verifier(self, key_id: bytes) -> Verifier | None:
        """For the certificate of that key; None where none is at hand."""
        found = self.certificate(key_id)
        return None if found is None else Verifier(found)

    def holder(self, key_id: bytes) -> str:
        """The station whose key that is by a certificate at hand; else empty."""
        found = self.certificate(key_id)
        try:
            return "" if found is None else str(StationName.of_certificate(found))
        except BadStationName:
            return ""

    def opener(self, key_ids: Iterable[str]) -> Opener | None:
        """The one of our keys that a message is sealed for."""
        wanted = set(key_ids)
        for one in self.openers:
            if one.key_id.hex() in wanted:
                return one
        return None


def gather(asked: Asked) -> Known:
    """Read everything that was given.

    Raises `Unclear`, `NotReadable`, a `PkiError` (a file is not what it should be) or
    `ConfigRefused`.
    """
    anchor: tuple[x509.Certificate, ...] = ()
    if asked.config is not None:
        asked, anchor = _configured(asked, asked.config)
    certificates = (*_certificates(asked), *anchor)
    chain: tuple[x509.Certificate, ...] = ()
    phrase_file = asked.passphrase_file
    passphrase = None if phrase_file is None else from_file(phrase_file)
    trust = _trust(asked)
    if asked.trust is not None:
        chain = tuple(load_certificates(asked.trust))
    master = _master(asked, (*anchor, *certificates), trust)
    if master is not None:
        certificates += tuple(_of_master(master))
    directory: Directory | None = None
    if trust is not None and master is not None:
        directory = Directory(master, trust)
    elif trust is not None:
        directory = Loose(loose_master(asked.at, certificates), trust)
    return Known(
        at=asked.at,
        personal=asked.personal,
        openers=tuple(_openers(asked, passphrase)),
        certificates=certificates,
        chain=chain,
        crl=asked.crl,
        trust=trust,
        master=master,
        directory=directory,
        store_key=None if asked.store_key is None else load_secret(asked.store_key),
        passphrase=passphrase,
    )


def _configured(asked: Asked, path: Path) -> tuple[Asked, tuple[x509.Certificate, ...]]:
    """The options with what a station's file says, where nothing else was given."""
    config = configs.load(path)
    filled = Asked(
        at=asked.at,
        personal=asked.personal,
        keys=asked.keys or config.keys.directory,
        key=asked.key,
        sealing_cert=asked.sealing_cert,
        passphrase_file=asked.passphrase_file or config.keys.passphrase_file,
        certificates=asked.certificates,
        trust=asked.trust or config.keys.chain,
        crl=asked.crl or config.keys.crl,
        master=asked.master or config.master.path,
        store_key=asked.store_key or config.store.key,
    )
    return filled, (load_certificate(config.master.anchor),)


def _trust(asked: Asked) -> TrustStore | None:
    if asked.trust is None:
        return None
    if asked.crl is None:
        raise Unclear("--trust needs --crl: without a list nobody is believed")
    return TrustStore.load(asked.trust, asked.crl)


def _certificates(asked: Asked) -> tuple[x509.Certificate, ...]:
    files = list(asked.certificates)
    if asked.sealing_cert is not None:
        files.append(asked.sealing_cert)
    if asked.keys is not None:
        files += sorted(asked.keys.glob("*.crt"))
    return tuple(one for file in files for one in load_certificates(file))


def _openers(asked: Asked, passphrase: bytes | None) -> Iterator[Opener]:
    """The key that was named, then every sealing pair of the folder, old ones too."""
    if (asked.key is None) != (asked.sealing_cert is None):
        raise Unclear("--key and --sealing-cert go together")
    if asked.key is not None and asked.sealing_cert is not None:
        certificate = load_certificate(asked.sealing_cert)
        yield Opener(_key(asked.key, passphrase), certificate)
    if asked.keys is None:
        return
    current = asked.keys / "sealing.key"
    found = sorted(asked.keys.glob("sealing*.key"), key=lambda key: key != current)
    if not found and asked.config is None and asked.key is None:
        raise Unclear(f"{asked.keys}: holds no sealing*.key")
    for key in found:
        certificate = load_certificate(key.with_suffix(".crt"))
        yield Opener(_key(key, passphrase), certificate)


def _key(path: Path, passphrase: bytes | None) -> EllipticCurvePrivateKey:
    """A sealing key, locked or not."""
    return load_p256_key(path, passphrase if is_locked(path) else None)


def _master(
    asked: Asked,
    candidates: tuple[x509.Certificate, ...],
    trust: TrustStore | None,
) -> Master | None:
    if asked.master is None:
        return None
    if trust is None:
        raise Unclear("--master needs --trust and --crl: who signed it?")
    data = carrier.take(asked.master).data
    return masters.read(data, anchors.usable(candidates, data), trust, asked.at)


def _of_master(master: Master) -> Iterator[x509.Certificate]:
    for entry in master.stations:
        yield from (*entry.signing, *entry.sealing, *entry.permit)


def loose_master(at: datetime, certificates: Iterable[x509.Certificate]) -> Master:
    """Certificates without a master, as a directory takes them."""
    found: dict[StationName, dict[Purpose, list[x509.Certificate]]] = {}
    for certificate in certificates:
        try:
            purpose = purpose_of(certificate.extensions)
            name = StationName.of_certificate(certificate)
            CertifiedKey.of(certificate)
        except (BadStationName, UnusableCertificate, *MALFORMED):
            continue
        if purpose is not None:
            found.setdefault(name, {}).setdefault(purpose, []).append(certificate)
    entries = (
        StationEntry(
            name=name,
            label="",
            requester_kinds=frozenset(),
            endpoint=None,
            signing=tuple(of.get(Purpose.SIGNING, ())),
            sealing=tuple(of.get(Purpose.SEALING, ())),
            permit=tuple(of.get(Purpose.PERMIT, ())),
        )
        for name, of in found.items()
    )
    return Master(NO_MASTER, "", at.astimezone(UTC), "", tuple(entries))
