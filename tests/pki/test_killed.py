# SPDX-License-Identifier: Apache-2.0
"""A command killed at any moment: nothing half-made is taken for whole, or forgotten.

Each act runs in a process of its own that is killed for good just before one of its
steps on the disk, the first, the second, and so on until it runs through.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pki import authority
from pki.authority import Authority
from pki.errors import PkiError
from pki.keystore import KeyFileError, load_certificate, load_pair, load_private_key
from pki.layout import Layout
from pki.lint_files import reports
from pki.profiles import Purpose
from pki.serials import Index, RevocationReason, serial_text
from pki.trust import TrustStore
from tests.pki.network import BUSINESS, CITY, NOON, PLAN, copied

LATER = NOON + timedelta(hours=1)
STEPS = ("open", "fsync", "replace", "link", "rename", "unlink")


def killed(act: Callable[[], object], before: int) -> bool:
    """Run the act in a child that dies before that step; False if it ran through."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = before

    def counting(step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **more)

        return counted

    for name in STEPS:
        setattr(os, name, counting(getattr(os, name)))
    act()
    os._exit(0)


def everywhere(
    act: Callable[[Layout], object], own: Callable[[], Layout]
) -> Iterator[Layout]:
    """A network for each step of the act, cut short there."""
    for before in range(1, 1000):
        layout = own()
        if not killed(partial(act, layout), before):
            assert before > 3, "the act has steps"
            return
        yield layout


@pytest.fixture
def fresh(city_network: Layout, tmp_path: Path) -> Callable[[], Layout]:
    numbers = iter(range(1000))
    return lambda: copied(city_network, tmp_path / f"{next(numbers)}")


def nothing_is_forgotten(layout: Layout) -> None:
    """Every certificate on the disk is whole, and one that the index knows."""
    known = {each.serial for each in Index.load(layout.index).certificates}
    for path in layout.stations.rglob("*.crt"):
        assert serial_text(load_certificate(path).serial_number) in known
    for path in layout.stations.rglob("*.key"):
        if path.name != "store.key":
            assert load_private_key(path)
    assert TrustStore.load(layout.chain, layout.crl)


ONE = msgspec.structs.replace(PLAN, stations=PLAN.stations[-1:])


def test_init_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "network"
    for step in range(1, 1000, 7):
        through = not killed(lambda: authority.build(ONE, out, NOON), step)
        if out.exists():
            assert Authority.open(out).missing(BUSINESS) == ()
            return
        assert not through
    pytest.fail("it is there at the end")


def test_what_a_cut_init_left_is_no_authority(tmp_path: Path) -> None:
    for step in range(1, 20, 2):
        assert killed(lambda: authority.build(ONE, tmp_path / "network", NOON), step)
    left = authority.cut_short(tmp_path / "network")
    assert left == sorted(tmp_path.iterdir())
    assert len(left) == 10
    for each in left:
        with pytest.raises(PkiError):
            Authority.open(each)
    authority.build(ONE, tmp_path / "network", NOON)
    assert Authority.open(tmp_path / "network")


def test_a_cut_renewal_forgets_nothing_and_can_be_mended(
    fresh: Callable[[], Layout],
) -> None:
    def renew(layout: Layout) -> object:
        return Authority.open(layout.directory).renew(CITY, Purpose.TLS, LATER)

    for layout in everywhere(renew, fresh):
        nothing_is_forgotten(layout)
        pair = layout.key(CITY, Purpose.TLS), layout.certificate(CITY, Purpose.TLS)
        with suppress(KeyFileError):
            load_pair(*pair)
            continue
        with pytest.raises(KeyFileError, match="copy the key that it kept beside back"):
            load_pair(*pair)
        (kept,) = layout.station(CITY).glob("tls.*.key")
        pair[0].write_bytes(kept.read_bytes())
        renew(layout)
        assert load_pair(*pair)


def test_a_cut_issue_forgets_nothing_and_can_be_mended(
    fresh: Callable[[], Layout],
) -> None:
    def issue(layout: Layout) -> object:
        return Authority.open(layout.directory).issue(BUSINESS, Purpose.TLS, LATER)

    def without() -> Layout:
        layout = fresh()
        for each in layout.station(BUSINESS).iterdir():
            each.unlink()
        return layout

    for layout in everywhere(issue, without):
        key = layout.key(BUSINESS, Purpose.TLS)
        certificate = layout.certificate(BUSINESS, Purpose.TLS)
        if certificate.exists():
            assert load_pair(key, certificate)
            continue
        if key.exists():
            with pytest.raises(KeyFileError, match="move it away"):
                issue(layout)
            key.unlink()
        issue(layout)
        nothing_is_forgotten(layout)


def test_a_cut_revocation_is_in_the_next_list_or_was_not_said(
    fresh: Callable[[], Layout], city_network: Layout
) -> None:
    serial = load_certificate(city_network.certificate(CITY, Purpose.TLS)).serial_number

    def revoke(layout: Layout) -> object:
        opened = Authority.open(layout.directory)
        return opened.revoke(serial, RevocationReason.KEY_COMPROMISE, LATER)

    for layout in everywhere(revoke, fresh):
        nothing_is_forgotten(layout)
        said = Index.load(layout.index).find(serial).revoked_at is not None
        made = Authority.open(layout.directory).publish_crl(LATER)
        listed = made.get_revoked_certificate_by_serial_number(serial) is not None
        assert listed is said
        assert not any(report.grave for report in reports([layout.directory]))
