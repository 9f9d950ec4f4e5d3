# SPDX-License-Identifier: Apache-2.0
"""The register compares itself with the file of a CS, at regular times (R-082).

Here the CS is the daemon's own, and so is the register's side of the line; between them
stands no socket but a test that carries each page over.
"""

import itertools
from dataclasses import replace

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.records.loads import DONE, Load
from gateway.services import cs_compare
from gateway.services.listener import Request
from schemas.reconciliation import digest_of
from simulators.register import Register
from simulators.register.reconciliation import DAILY, DIFFERS, REPORT
from simulators.register.service.lines import CsLine
from simulators.residents import generate
from simulators.web import Reply
from tests.gateway.people import resident_record
from tests.gateway.works import inside_of
from tests.gateway.world import CS, EXISTING, NOON, TERMINAL

in_reactor = pytest_twisted.ensureDeferred
PEOPLE = 11
WAY = "/v1/inside/reconciliation"


@pytest.fixture
def works(works_at, monkeypatch):
    monkeypatch.setattr(cs_compare, "PAGE", 3)
    return works_at(CS)


def filled(works, *records):
    """The file was handed in whole, once."""
    load = Load(b"filling number 1", NOON, "試験 係", "別の 者", 100)

    def work(tx):
        tx.begin_load(load)
        for record in records:
            tx.put_identity(record)
        tx.close_load(load.load_id, DONE)

    works.write(work)


async def ask(works, target=WAY, by=EXISTING, method="GET"):
    request = Request(method, target, "", b"", True)
    return await inside_of(works).handle(request, works.world.identity(by))


async def pages(works):
    """All pages, by the place that leads to each."""
    found, place = {}, ""
    while place not in found:
        answer = await ask(works, f"{WAY}?after={place}" if place else WAY)
        assert answer.status == 200
        found[place] = answer.body
        last = answer.body.decode().splitlines()[-1:]
        place = next((one[6:] for one in last if one.startswith("place ")), "")
    return found


# -- what the CS gives ----------------------------------------------------------------


@in_reactor
async def test_everybody_is_in_the_pages_once_by_code_and_digest(works):
    people = [resident_record(place) for place in range(7)]
    filled(works, *people)
    found = await pages(works)
    assert len(found) == 3
    lines = [one.split() for body in found.values() for one in body.splitlines()]
    persons = sorted(one[1:] for one in lines if one[0] == b"person")
    assert persons == sorted(
        [one.resident_record_code.encode(), digest_of(one).hex().encode()]
        for one in people
    )


@in_reactor
async def test_no_page_holds_another_item_of_a_person(works):
    record = resident_record()
    filled(works, record)
    (body,) = (await pages(works)).values()
    text = body.decode()
    assert record.kanji_name not in text
    assert record.individual_number not in text
    assert record.address not in text


@in_reactor
async def test_each_page_is_on_record(works):
    filled(works, *(resident_record(place) for place in range(4)))
    await pages(works)
    told = [one.event.detail for one in works.events(EventKind.FETCHED)]
    assert told == ["reconciliation: 3 persons", "reconciliation: 1 persons"]


@in_reactor
async def test_a_file_that_was_never_filled_is_not_compared(works):
    works.write(lambda tx: tx.put_identity(resident_record()))
    assert (await ask(works)).status == 409
    assert works.events() == []


@pytest.mark.parametrize(
    "asking",
    [
        {"by": TERMINAL},
        {"method": "POST"},
        {"target": f"{WAY}?after=12"},
        {"target": f"{WAY}?after={'A' * 64}"},
        {"target": f"{WAY}/all"},
    ],
    ids=["the terminal", "another method", "no place", "capitals", "another path"],
)
@in_reactor
async def test_it_is_for_the_register_alone_and_by_its_places(works, asking):
    filled(works, resident_record())
    assert (await ask(works, **asking)).status == 404
    assert works.events() == []


# -- the register beside it ----------------------------------------------------------


class Carried:
    """The link of the register: pages that were fetched before."""

    def __init__(self, found):
        self.found = found

    def get(self, target):
        _, _, place = target.partition("?after=")
        return Reply(200, "text/plain", self.found[place])


@pytest.fixture
def register():
    made = Register.open(None, lambda: register_now[0], bytes)
    register_now[0] = NOON
    made.loading.load(itertools.islice(generate("city", 100, "102024"), PEOPLE))
    yield made
    made.close()


register_now = [NOON]


async def reconciled(register, works):
    """Let a period pass and the whole comparison happen; what was told."""
    line = CsLine(Carried(await pages(works)))
    register.reconciliation.step(line.page)
    register_now[0] += DAILY
    while register.reconciliation.step(line.page):
        pass
    return [one.about for one in register.events.all() if one.what in (REPORT, DIFFERS)]


@in_reactor
async def test_two_that_hold_the_same_have_no_difference(works, register):
    filled(works, *register.consistency.stream())
    told = await reconciled(register, works)
    assert told == [f"{PEOPLE} compared, 0 differences"]


@in_reactor
async def test_a_seeded_difference_is_found_and_reported_without_values(
    works, register
):
    """R-082: one other address, one who is missing there, one who is missing here."""
    first, second, *rest = register.consistency.stream()
    stranger = resident_record(5)
    filled(works, replace(first, address="別の住所"), *rest, stranger)
    told = await reconciled(register, works)
    ours = register.books.by_code
    assert sorted(told) == sorted(
        [
            f"record {ours(first.resident_record_code).number}: different",
            f"record {ours(second.resident_record_code).number}: missing there",
            "record none: missing here",
            f"{PEOPLE - 1} compared, 3 differences",
        ]
    )
    said = " ".join(told)
    for one in (first, second, stranger):
        assert one.resident_record_code not in said
        assert one.kanji_name not in said
    assert "住所" not in said
