# SPDX-License-Identifier: Apache-2.0
"""Deliberately bad certificates: a plan of them as data, and the verdict on each.

``pki/plans/bad.toml`` holds the cases: how each differs from a good certificate, our
verdict, and the error number of ``openssl verify`` with the reason where the two do not
agree. `write` makes a TEST network and a folder for each case, for whoever has a
verifier to try: ours in the tests, or one that is to speak with ours.

The network is made for this and for nothing else, because no authority in use may sign
what its index does not know.
"""

import base64
import tomllib
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography import x509

from pki import authority, keystore
from pki.enrolment import pem
from pki.errors import PkiError
from pki.forgery import Forger, Made
from pki.identity import Reason
from pki.issuance import Issuer, Revocation, make_crl
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.recipe import Recipe

BELIEVED = "believed"
LIST_REFUSED = "list_refused"
"""Not the certificate but the list is at fault: nobody is believed by it."""

NETWORK, CASES, VERDICTS = "network", "cases", "verdicts.json"
STATION = StationName("102024", "municipal_cs")
"""Whom the bad certificates name."""
PEER = StationName("100005", "prefectural_server")
"""A good station of the network, for whoever needs an other end."""

PLAN = Plan(
    network=Network(name="Bad certificates", test=True),
    stations=tuple(
        PlannedStation(organisation=one.organisation, role=one.role, name="模擬")
        for one in (STATION, PEER)
    ),
)
LIST_DAYS = 7
LIST_NUMBER = 2
_LIST_BEGINS = {"stale": timedelta(-10), "future": timedelta(1)}

Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]{1,60}\Z")]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One certificate that is not as it must be, and what is to be said of it."""

    name: Name
    says: str
    """One sentence: what is wrong."""
    verdict: Name
    """A `Reason` in small letters, ``believed`` or ``list_refused``."""
    openssl: int
    """The error number of ``openssl verify -x509_strict -auth_level 2``; 0: it
    believes, -1: it cannot read the certificate."""
    why: str = ""
    """Why one believes what the other refuses."""
    change: Recipe = Recipe()

    def __post_init__(self) -> None:
        known = {BELIEVED, LIST_REFUSED, *(each.name.lower() for each in Reason)}
        if self.verdict not in known:
            raise ValueError(f"{self.name}: no verdict {self.verdict!r}")
        if ((self.openssl == 0) != (self.verdict == BELIEVED)) != bool(self.why):
            raise ValueError(f"{self.name}: say why if openssl differs, only then")


class BadPlanError(PkiError):
    """The bad certificates cannot be made.

    The place is taken, or cannot be written. Name a directory that does not exist yet.
    """


def cases() -> list[Case]:
    """The plan that comes with this package."""
    text = resources.files("pki").joinpath("plans", "bad.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["case"], list[Case])


def write(out: Path, at: datetime) -> list[Case]:
    """Make the network and all cases below ``out``, which must not exist."""
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise BadPlanError(f"{out} cannot be made: {error.strerror}") from None
    own, other = Layout(out / NETWORK), Layout(out / "other")
    for layout in (own, other):
        authority.build(PLAN, layout.directory, at)
    forger = Forger(
        root=_issuer(own.root_key, own.root_certificate),
        issuing=_issuer(own.issuing_key, own.issuing_certificate),
        other=_issuer(other.issuing_key, other.issuing_certificate),
        planned=PLAN.find(STATION),
        at=at,
    )
    found = cases()
    made = [(case, forger.make(case.change)) for case in found]
    revoked = [each.serial for case, each in made if case.change.revoked]
    for case, each in made:
        _write(out / CASES / case.name, case.change, each)
        crl = _list(case.change.crl, forger, revoked)
        if crl is not None:
            keystore.write_public(out / CASES / case.name / "crl.pem", pem(crl))
    told = msgspec.json.format(msgspec.json.encode(found))
    keystore.write_public(out / VERDICTS, told + b"\n")
    return found


def _write(folder: Path, recipe: Recipe, made: Made) -> None:
    folder.mkdir(parents=True)
    stem = recipe.purpose.value
    keystore.write_private(folder / f"{stem}.key", made.key)
    label = b"CERTIFICATE-----\n"  # not the library's PEM: it may be unreadable to it
    body = base64.encodebytes(made.der)
    certificate = b"-----BEGIN %s%s-----END %s" % (label, body, label)
    keystore.write_public(folder / f"{stem}.crt", certificate)
    if made.between is not None:
        keystore.write_public(folder / "between.crt", pem(made.between))


def _list(
    kind: str, forger: Forger, serials: list[int]
) -> x509.CertificateRevocationList | None:
    if kind == "none":
        return None
    if kind == "part":
        return forger.partial_list(LIST_DAYS)
    issuer = forger.other if kind == "other" else forger.issuing
    at = forger.at
    lines = [Revocation(each, at, x509.ReasonFlags.superseded) for each in serials]
    begins = at + _LIST_BEGINS.get(kind, timedelta())
    return make_crl(issuer, lines, LIST_NUMBER, LIST_DAYS, begins)


def _issuer(key: Path, certificate: Path) -> Issuer:
    return Issuer(keystore.load_p256_key(key), keystore.load_certificate(certificate))
