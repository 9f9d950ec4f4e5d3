# SPDX-License-Identifier: Apache-2.0
"""The register's messages as the payloads of the network, and some of them back.

Each value of `owed` has one payload of the schemas. What the register does not know is
asked of the caller: the addressee number of a record, which the addressee system gives
out. The schemas have no place for some of what the register holds (a foreign resident's
items in a move-out certificate, the reading of a former surname there, the code in a
supplement notice): that does not cross.
"""

from collections.abc import Callable

from schemas import move_messages, register_messages
from schemas.messages import IdentityInformationUpdate, Payload
from simulators.register import owed
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.foreign import ForeignNotice
from simulators.register.record import Domicile
from simulators.register.wire_writers import WRITERS, change_payload, serial_payload

__all__ = ["certificate_of", "foreign_notice", "move_in_notice_of", "payload_of"]


def payload_of(
    message: owed.Message, municipality: str, addressee_of: Callable[[int], str]
) -> Payload:
    """The payload of a message that the register of ``municipality`` owes."""
    if isinstance(message, IdentityInformationUpdate):
        return message
    if isinstance(message, owed.ResidentRecordChange):
        return change_payload(message, addressee_of(message.record))
    if isinstance(message, owed.CertificateSerial):
        return serial_payload(message, addressee_of(message.record))
    made: Payload = WRITERS[type(message)](message, municipality)
    return made


def foreign_notice(
    notice: ForeignNotice, municipality: str
) -> register_messages.ForeignResidentNotice:
    """What the link terminal sends the Ministry of Justice."""
    return register_messages.ForeignResidentNotice(
        residence_card_number=notice.residence_card,
        roman_name=notice.name,
        date_of_birth=notice.born,
        sex=notice.sex,
        nationality=notice.nationality,
        municipality_code=municipality,
        address=notice.address,
        change_reason=notice.change_reason,
        change_date=notice.change_date,
    )


def move_in_notice_of(
    value: move_messages.MoveInNotice, municipality: str
) -> owed.MoveInNotice:
    """What another municipality told the one of ``municipality``."""
    return owed.MoveInNotice(
        municipality=municipality,
        resident_record_code=value.resident_record_code,
        name=value.kanji_name,
        born=value.date_of_birth,
        previous_address=value.address,
        address=value.new_address,
        moved_on=value.move_in_date,
    )


def certificate_of(
    value: move_messages.MoveOutCertificateInformation,
    origin: str,
    municipality_at: Callable[[str], str],
) -> owed.MoveOutCertificateInformation:
    """A move-out certificate that came from ``origin``.

    ``municipality_at`` gives the code of the municipality of a registered domicile.
    Raises `EntryRefused` for somebody without one: the payload cannot tell the rest.
    """
    return owed.MoveOutCertificateInformation(
        certificate=value.certificate_number,
        origin=origin,
        destination=value.new_municipality_code,
        planned=value.planned_move_out_date,
        previous_address=value.address,
        destination_address=value.new_address,
        persons=tuple(_person(one, municipality_at) for one in value.movers),
    )


def _person(
    mover: move_messages.Mover, municipality_at: Callable[[str], str]
) -> owed.MovingPerson:
    if mover.registered_domicile is None or mover.domicile_head_name is None:
        raise EntryRefused(Fault("registered_domicile", Rule.DOMICILE))
    return owed.MovingPerson(
        resident_record_code=mover.resident_record_code,
        individual_number=mover.individual_number,
        name=mover.kanji_name,
        furigana=mover.furigana_name,
        born=mover.date_of_birth,
        sex=mover.sex,
        relationship=mover.relationship,
        head_name=mover.head_name,
        former_surname=mover.former_surname_kanji,
        domicile=Domicile(
            municipality=municipality_at(mover.registered_domicile),
            text=mover.registered_domicile,
            holder=mover.domicile_head_name,
        ),
    )
