# SPDX-License-Identifier: Apache-2.0
"""既存住民基本台帳システム: its desks, joined on one store.

This module decides nothing: it opens the store, builds each desk once, and hands each
only what it needs. Whoever gives the register a face calls the desks: they take values,
give values, and raise `RegisterError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulators.register.archive import Archive
from simulators.register.backup import Backup
from simulators.register.books import Books
from simulators.register.cards import Cards
from simulators.register.certificates import Certificates
from simulators.register.consistency import Consistency
from simulators.register.departures import Departures
from simulators.register.documents import Documents
from simulators.register.duties import Duties
from simulators.register.entries import Entries, Parts
from simulators.register.errors import StoreFault
from simulators.register.events import Events
from simulators.register.extraction import Extraction
from simulators.register.flags import Flags
from simulators.register.foreign import ForeignNotices
from simulators.register.inquiries import Inquiries
from simulators.register.inward import Inward
from simulators.register.loading import Loading
from simulators.register.numbers import Numbers
from simulators.register.old import OldRecords
from simulators.register.old_certificates import OldCertificates
from simulators.register.operations import Operations
from simulators.register.outbox import Outbox
from simulators.register.places import Places, add_town, towns_of
from simulators.register.pool import Pool
from simulators.register.reconciliation import Reconciliation
from simulators.register.rehearsal import Rehearsal
from simulators.register.relay import Relay
from simulators.register.resends import Resends
from simulators.register.search import Search
from simulators.register.slips import Slips
from simulators.register.staff import Staff
from simulators.register.statistics import Statistics
from simulators.register.store import Store
from simulators.register.supplement import Supplement
from simulators.register.wide_area import WideArea

TAKASAKI = "102024"


@dataclass(frozen=True, slots=True)
class Register:
    """One register and its desks; the numbers are those of the document's functions."""

    municipality: str
    books: Books
    """The records as they stand."""
    loading: Loading
    entries: Entries
    """1. 異動処理."""
    departures: Departures
    search: Search
    """2. 照会."""
    inquiries: Inquiries
    certificates: Certificates
    """2. 交付."""
    archive: Archive
    """3. 除票・改正原住民票."""
    old: OldRecords
    """4. 旧住民票."""
    old_certificates: OldCertificates
    outbox: Outbox
    """5. 住基ネット連動: what goes out."""
    inward: Inward
    """5. 住基ネット連動: what comes in."""
    pool: Pool
    """5. 住民票コード管理."""
    numbers: Numbers
    relay: Relay
    consistency: Consistency
    reconciliation: Reconciliation
    """5. 整合処理 with the CS."""
    statistics: Statistics
    """6. 一括処理."""
    wide_area: WideArea
    """2. 交付, asked for in another municipality."""
    resends: Resends
    supplement: Supplement
    """7. 戸籍附票データ作成."""
    places: Places
    """8. 土地照会・システム保守."""
    extraction: Extraction
    """9. EUC."""
    foreign: ForeignNotices
    """10. 法務省連携処理."""
    cards: Cards
    """11. 個人番号カード管理; 12. コンビニ交付システムとの情報連携."""
    flags: Flags
    staff: Staff
    """Who may use the desks."""
    operations: Operations
    documents: Documents
    slips: Slips
    backup: Backup
    rehearsal: Rehearsal
    events: Events
    """What happened."""
    store: Store

    @classmethod
    def open(
        cls,
        path: Path | None,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
        municipality: str = TAKASAKI,
    ) -> "Register":
        """Open or make a register; None keeps it in memory.

        ``clock`` gives aware moments, ``token_bytes`` random bytes. Raises `StoreFault`
        where the file is not a register of this municipality, or not its owner's alone,
        and `UnknownMunicipality` for a new one of a city that has no tables.
        """
        store = Store(path)
        try:
            _settle(store, municipality)
            return _built(store, clock, token_bytes, municipality)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        self.store.close()


def _settle(store: Store, municipality: str) -> None:
    """A new register gets its municipality and towns; another's is not opened."""
    with store.transaction():
        known = store.value("SELECT value FROM settings WHERE name = 'municipality'")
        if known not in (None, municipality):
            raise StoreFault("the file is the register of another municipality")
        if known is not None:
            return
        for place in towns_of(municipality):
            add_town(store, place)
        store.run("INSERT INTO settings VALUES ('municipality', ?)", municipality)


def _built(
    store: Store,
    clock: Callable[[], datetime],
    token_bytes: Callable[[int], bytes],
    municipality: str,
) -> Register:
    events = Events(store, clock)
    books = Books(store, clock, municipality)
    outbox = Outbox(store, clock)
    pool = Pool(store, clock, token_bytes)
    inward = Inward(store, clock, books, events)
    supplement = Supplement(store, clock, books, outbox, inward, events)
    foreign = ForeignNotices(store, clock, events)
    cards = Cards(store, clock, books, outbox, events)
    duties = Duties(books, outbox, supplement, foreign, cards)
    numbers = Numbers(store, clock, token_bytes, books, outbox, duties, inward, events)
    entries = Entries(
        Parts(store, clock, books, pool, inward, outbox, duties, numbers, cards, events)
    )
    archive = Archive(store, clock, books, events)
    inquiries = Inquiries(store, clock)
    old = OldRecords(store, inquiries)
    return Register(
        municipality=municipality,
        books=books,
        loading=Loading(store, clock, books.towns, municipality, events),
        entries=entries,
        departures=Departures(store, books, pool, inward, duties, events),
        search=Search(store, inquiries),
        inquiries=inquiries,
        certificates=Certificates(store, clock, token_bytes, books, archive, events),
        archive=archive,
        old=old,
        old_certificates=OldCertificates(store, clock, token_bytes, books, old, events),
        outbox=outbox,
        inward=inward,
        pool=pool,
        numbers=numbers,
        relay=Relay(store, outbox, events),
        consistency=Consistency(store, books, events),
        reconciliation=Reconciliation(store, clock, books, outbox, events),
        statistics=Statistics(store, clock, events),
        wide_area=WideArea(store, clock, books, outbox, inward, events),
        resends=Resends(store, books, outbox, inward, events),
        supplement=supplement,
        places=Places(store, books, events),
        extraction=Extraction(store, clock, books, events),
        foreign=foreign,
        cards=cards,
        flags=Flags(store, books, duties, events),
        staff=Staff(store, clock, token_bytes, events),
        operations=Operations(store, clock),
        documents=Documents(store, clock, events),
        slips=Slips(store, clock, events),
        backup=Backup(store, events),
        rehearsal=Rehearsal(store, clock, books, outbox, entries, events),
        events=events,
        store=store,
    )
