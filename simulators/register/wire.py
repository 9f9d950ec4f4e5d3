# SPDX-License-Identifier: Apache-2.0
"""The register's messages as the payloads of the network, and some of them back.

Each value of `owed` has one payload of the schemas. What the register does not know is
asked of the caller: the addressee number of a record, which the addressee system gives
out. What a payload has no place for does not cross: identity information tells a day of
birth of which a part is unknown as the day that is taken in its place.
"""

from collections.abc import Callable

from schemas import move_messages, register_messages
from schemas.messages import IdentityInformationUpdate, Payload, read_payload
from schemas.xml import XmlRefused
from simulators.register import owed
from simulators.register.births import Unknown
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.foreign import ForeignNotice
from simulators.register.record import Domicile, Foreign
from simulators.register.wire_writers import WRITERS, change_payload, serial_payload

__all__ = [
    "certificate_of",
    "foreign_change_of",
    "foreign_notice",
    "move_in_notice_of",
    "payload_of",
    "supplement_of",
]


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


def foreign_change_of(text: str) -> register_messages.ForeignResidentChangeNotice:
    """What the Ministry told, from its payload; raises `EntryRefused`."""
    try:
        value = read_payload("foreign_resident_change_notice", text.encode())
    except (XmlRefused, UnicodeEncodeError):
        raise EntryRefused(Fault("notice", Rule.FORMAT)) from None
    assert isinstance(value, register_messages.ForeignResidentChangeNotice)
    return value


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
    value: move_messages.MoveOutCertificateInformation, origin: str
) -> owed.MoveOutCertificateInformation:
    """A move-out certificate that came from ``origin``.

    Raises `EntryRefused` for somebody who has neither a whole domicile nor the items of
    a foreign resident, or both.
    """
    return owed.MoveOutCertificateInformation(
        certificate=value.certificate_number,
        origin=origin,
        destination=value.new_municipality_code,
        planned=value.planned_move_out_date,
        previous_address=value.address,
        destination_address=value.new_address,
        persons=tuple(map(_person, value.movers)),
    )


def supplement_of(
    value: move_messages.FamilyRegisterSupplementUpdate, municipality: str
) -> owed.SupplementInformation:
    """What another municipality tells of somebody whose domicile is here."""
    return owed.SupplementInformation(
        municipality=municipality,
        resident_record_code=value.resident_record_code,
        name=value.kanji_name,
        born=value.date_of_birth,
        sex=value.sex,
        domicile=Domicile(
            municipality=municipality,
            text=value.registered_domicile,
            holder=value.domicile_head_name,
        ),
        address=value.address,
        since=value.date_address_established,
        change_reason=value.change_reason,
        change_date=value.change_date,
    )


def _person(mover: move_messages.Mover) -> owed.MovingPerson:
    domicile, foreign = _domicile(mover), _foreign(mover.foreign_resident)
    if (domicile is None) is (foreign is None):
        raise EntryRefused(Fault("registered_domicile", Rule.DOMICILE))
    items, unknown = mover.foreign_resident, mover.date_of_birth_unknown
    return owed.MovingPerson(
        resident_record_code=mover.resident_record_code,
        individual_number=mover.individual_number,
        name=mover.kanji_name,
        furigana=mover.furigana_name,
        born=mover.date_of_birth,
        born_unknown=None if unknown is None else Unknown(unknown),
        sex=mover.sex,
        relationship=mover.relationship,
        head_name=mover.head_name,
        former_surname=mover.former_surname_kanji,
        former_surname_furigana=mover.former_surname_furigana,
        alias=None if items is None else items.alias,
        domicile=domicile,
        foreign=foreign,
    )


def _domicile(mover: move_messages.Mover) -> Domicile | None:
    text, holder = mover.registered_domicile, mover.domicile_head_name
    municipality = mover.domicile_municipality_code
    if text is None or holder is None or municipality is None:
        return None
    return Domicile(municipality=municipality, text=text, holder=holder)


def _foreign(items: move_messages.ForeignResident | None) -> Foreign | None:
    if items is None:
        return None
    return Foreign(
        nationality=items.nationality,
        status=items.residence_status,
        residence_card=items.residence_card_number,
        stay_until=items.stay_until,
    )
