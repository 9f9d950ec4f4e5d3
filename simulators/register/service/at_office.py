# SPDX-License-Identifier: Apache-2.0
"""What the office behind the counter asks for: numbers, batches, extracts, rehearsals.

As `at_counter`: each function calls one desk and decides nothing.
"""

from itertools import islice
from typing import Any, Final

from schemas.messages import write_payload
from simulators.register import Register
from simulators.register.basis import Approval, Confirmation, Operator
from simulators.register.extraction import Condition
from simulators.register.foreign import change_form
from simulators.register.old import OldRecord
from simulators.register.places import Place
from simulators.register.service.arrivals import again
from simulators.register.service.strict import Act
from simulators.register.statistics import MonthlyReport
from simulators.register.wire import foreign_change_of, foreign_notice

MOST: Final = 1_000
"""Rows of one extraction over this door."""


def receive_codes(
    register: Register, codes: tuple[str, ...], by: Operator
) -> dict[str, int]:
    """5. A list of unused resident record codes, of J-LIS."""
    left = register.pool.receive(codes)
    register.events.happened("codes received", by.name, f"{len(codes)} codes")
    return {"left": left}


def designate(
    register: Register,
    request: str,
    check: Confirmation,
    by: Operator,
    checked_by: Operator,
) -> None:
    """5. 個人番号の指定."""
    register.numbers.designate(request, by, checked_by, check)


def offer_again(register: Register, message: int, by: Operator) -> None:
    """5. Let a message wait again that its receiver refused."""
    register.outbox.offer_again(message)
    register.events.happened("offered again", by.name, f"message {message}")


def take_in_again(register: Register, message: str, by: Operator) -> None:
    """5. Try once more what came by the CS and was set aside."""
    again(register, message)
    register.events.happened("taken in after all", by.name, message)


def load_old(register: Register, records: tuple[OldRecord, ...], by: Operator) -> None:
    """4. Records of the system before the renewal, as they are taken over."""
    register.old.load(records)
    about = f"{len(records)} old records"
    register.events.happened("old records loaded", by.name, about)


def isolate(register: Register, source: str, by: Operator) -> None:
    """5. Take nothing of a municipality whose data are bad."""
    register.inward.isolate(source, by.name)


def restore(register: Register, source: str, by: Operator) -> None:
    """5. Take it again."""
    register.inward.restore(source, by.name)


def reconcile(register: Register, by: Operator) -> None:
    """5. Hold the register against the file of the CS now, and not when it is due."""
    register.reconciliation.ask(by)


def monthly(register: Register, year: int, month: int, by: Operator) -> MonthlyReport:
    """6. 人口・世帯集計表."""
    return register.statistics.monthly(year, month, by)


def add_town(
    register: Register, place: Place, by: Operator, approval: Approval | None = None
) -> None:
    """8. A new town."""
    register.places.add(place, by, approval)


def set_condition(
    register: Register,
    name: str,
    condition: Condition,
    by: Operator,
    approval: Approval | None = None,
) -> None:
    """9. Set a condition to extract by."""
    register.extraction.define(name, condition, by, approval)


def extract(
    register: Register, name: str, by: Operator, approval: Approval | None = None
) -> dict[str, Any]:
    """9. The rows of a condition, at most `MOST`; `more` says that there are others."""
    rows = register.extraction.run(name, by, approval)
    shown = list(islice(rows, MOST))
    return {"rows": shown, "more": next(rows, None) is not None}


def put_out_foreign(register: Register, by: Operator) -> dict[str, list[str]]:
    """10. The notices that wait, each as the payload that the link terminal sends."""
    notices = register.foreign.output(by)
    payloads = (foreign_notice(one, register.municipality) for one in notices)
    return {"notices": [write_payload(one).decode() for one in payloads]}


def enter_foreign_change(
    register: Register, notice: str, reference: str, by: Operator
) -> dict[str, int]:
    """10. What the Ministry told, as the link terminal shows it, is entered."""
    books = register.books
    form = change_form(foreign_change_of(notice), reference, books, books.today)
    return {"entry": register.entries.enter(form, by)}


def send_twice(register: Register, message: int, by: Operator) -> dict[str, int]:
    """Rehearsal: a waiting message goes a second time."""
    return {"message": register.rehearsal.send_twice(message)}


def swap(register: Register, one: int, other: int, by: Operator) -> None:
    """Rehearsal: two waiting messages of one receiver change places."""
    register.rehearsal.swap(one, other)


def tell_wrongly(
    register: Register, records: tuple[int, ...], by: Operator
) -> dict[str, int]:
    """Rehearsal: tell the CS something wrong of these residents."""
    return {"told": register.rehearsal.tell_wrongly(records)}


def repair(register: Register, by: Operator) -> dict[str, int]:
    """Rehearsal: tell it what is right, of everybody who was told wrongly."""
    return {"told": register.rehearsal.repair(by)}


def write_rarely(
    register: Register, record: int, by: Operator, checked_by: Operator
) -> dict[str, int]:
    """Rehearsal: a form of a character that the linkage side does not have."""
    return {"entry": register.rehearsal.write_rarely(record, by, checked_by)}


ACTS: Final = {
    "codes": Act(receive_codes, "numbers"),
    "old/load": Act(load_old, "batch"),
    "numbers/designate": Act(designate, "numbers"),
    "outbox/offer_again": Act(offer_again, "link"),
    "arrivals/again": Act(take_in_again, "link"),
    "sources/isolate": Act(isolate, "link"),
    "sources/restore": Act(restore, "link"),
    "reconciliation": Act(reconcile, "link"),
    "statistics/monthly": Act(monthly, "batch"),
    "towns": Act(add_town, "batch"),
    "extraction/condition": Act(set_condition, "extract"),
    "extraction": Act(extract, "extract"),
    "foreign/output": Act(put_out_foreign, "foreign"),
    "foreign/change": Act(enter_foreign_change, "enter"),
    "rehearsal/send_twice": Act(send_twice, "rehearse"),
    "rehearsal/swap": Act(swap, "rehearse"),
    "rehearsal/tell_wrongly": Act(tell_wrongly, "rehearse"),
    "rehearsal/repair": Act(repair, "rehearse"),
    "rehearsal/write_rarely": Act(write_rarely, "rehearse"),
}
"""By their names below `/v1/desk/`, each with the right that it needs."""
