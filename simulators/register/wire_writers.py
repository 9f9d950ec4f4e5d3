# SPDX-License-Identifier: Apache-2.0
"""A writer for each message of the register: from its value to the payload's."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from schemas import card_messages, move_messages, number_messages, register_messages
from schemas.messages import Payload
from schemas.provision_messages import ResidentRecordInformation
from schemas.stream_messages import Destination, SendingDestinationExtract
from simulators.register import owed
from simulators.register.births import Unknown
from simulators.register.record import HEAD, Foreign

_ELEMENTS: Final = MappingProxyType(
    {
        "name": "kanji_name",
        "born": "date_of_birth",
        "resident_record_code": "resident_record_code",
    }
)
"""The name of each field in a payload; of somebody unknown there is only the code."""


def _information(change: owed.ResidentRecordChange) -> ResidentRecordInformation:
    return ResidentRecordInformation(
        head_of_household=change.relationship == HEAD,
        head_name=change.head_name,
        relationship=change.relationship,
    )


def change_payload(
    change: owed.ResidentRecordChange, addressee_number: str
) -> register_messages.ResidentRecordChange:
    return register_messages.ResidentRecordChange(
        addressee_number=addressee_number,
        update_sequence_number=change.sequence,
        change_reason=change.change_reason,
        change_date=change.change_date,
        resident_record_information=_information(change),
    )


def _numbered(
    message: owed.NumberedResidentRecordChange, _: str
) -> register_messages.NumberedResidentRecordChange:
    change = message.change
    return register_messages.NumberedResidentRecordChange(
        business_addressee_number=f"R-{change.record:09}",
        individual_number=message.individual_number,
        kanji_name=change.name,
        furigana_name=change.furigana,
        date_of_birth=change.born,
        sex=change.sex,
        postal_code=change.postal_code,
        address=change.address,
        update_sequence_number=change.sequence,
        change_reason=change.change_reason,
        change_date=change.change_date,
        resident_record_information=_information(change),
    )


def serial_payload(
    message: owed.CertificateSerial, addressee_number: str
) -> card_messages.UserCertificateSerialNotice:
    return card_messages.UserCertificateSerialNotice(
        addressee_number=addressee_number,
        certificate_serial=message.serial,
        valid_until=message.valid_until,
    )


def _move_in_notice(
    message: owed.MoveInNotice, municipality: str
) -> move_messages.MoveInNotice:
    return move_messages.MoveInNotice(
        resident_record_code=message.resident_record_code,
        kanji_name=message.name,
        date_of_birth=message.born,
        address=message.previous_address,
        new_municipality_code=municipality,
        new_address=message.address,
        move_in_date=message.moved_on,
    )


def _certificate(
    message: owed.MoveOutCertificateInformation, _: str
) -> move_messages.MoveOutCertificateInformation:
    return move_messages.MoveOutCertificateInformation(
        certificate_number=message.certificate,
        address=message.previous_address,
        new_municipality_code=message.destination,
        new_address=message.destination_address,
        planned_move_out_date=message.planned,
        movers=tuple(map(_mover, message.persons)),
    )


def _mover(person: owed.MovingPerson) -> move_messages.Mover:
    domicile, foreign = person.domicile, person.foreign
    return move_messages.Mover(
        resident_record_code=person.resident_record_code,
        individual_number=person.individual_number,
        kanji_name=person.name,
        furigana_name=person.furigana,
        former_surname_kanji=person.former_surname,
        former_surname_furigana=person.former_surname_furigana,
        date_of_birth=person.born,
        date_of_birth_unknown=unknown_part(person.born_unknown),
        sex=person.sex,
        head_name=person.head_name,
        relationship=person.relationship,
        registered_domicile=None if domicile is None else domicile.text,
        domicile_municipality_code=None if domicile is None else domicile.municipality,
        domicile_head_name=None if domicile is None else domicile.holder,
        foreign_resident=None if foreign is None else _foreign(foreign, person.alias),
    )


def _foreign(foreign: Foreign, alias: str | None) -> move_messages.ForeignResident:
    return move_messages.ForeignResident(
        nationality=foreign.nationality,
        residence_status=foreign.status,
        residence_card_number=foreign.residence_card,
        stay_until=foreign.stay_until,
        alias=alias,
    )


def unknown_part(unknown: Unknown | None) -> str | None:
    """What a payload says of a day of birth that is not known whole."""
    return None if unknown is None else unknown.value


def _request(
    message: owed.NumberGenerationRequest, _: str
) -> number_messages.IndividualNumberGenerationRequest:
    return number_messages.IndividualNumberGenerationRequest(
        request_management_number=message.request,
        resident_record_code=message.resident_record_code,
        occasion="change" if message.for_a_change else "first",
    )


def _code_request(
    message: owed.IdentifierCodeRequest, _: str
) -> number_messages.PersonalIdentifierCodeRequest:
    return number_messages.PersonalIdentifierCodeRequest(
        processing_number=bytes.fromhex(message.processing_number),
        individual_number=message.individual_number,
    )


def _of_a_family(
    message: owed.SupplementInformation | owed.SupplementUpdate,
) -> dict[str, Any]:
    return {
        "resident_record_code": message.resident_record_code,
        "registered_domicile": message.domicile.text,
        "domicile_head_name": message.domicile.holder,
        "kanji_name": message.name,
        "date_of_birth": message.born,
        "sex": message.sex,
        "address": message.address,
        "date_address_established": message.since,
        "change_reason": message.change_reason,
        "change_date": message.change_date,
    }


def _supplement(
    message: owed.SupplementInformation, _: str
) -> move_messages.FamilyRegisterSupplementInformation:
    return move_messages.FamilyRegisterSupplementInformation(**_of_a_family(message))


def _update(
    message: owed.SupplementUpdate, _: str
) -> move_messages.FamilyRegisterSupplementUpdate:
    return move_messages.FamilyRegisterSupplementUpdate(
        municipality_code=message.municipality, **_of_a_family(message)
    )


def _mismatch(
    message: owed.SupplementMismatch, _: str
) -> move_messages.FamilyRegisterSupplementMismatch:
    return move_messages.FamilyRegisterSupplementMismatch(
        resident_record_code=message.resident_record_code,
        registered_domicile=message.domicile.text,
        domicile_head_name=message.domicile.holder,
        kanji_name=message.name,
        date_of_birth=message.born,
        differing=tuple(_ELEMENTS[name] for name in message.fields),
    )


def _wide_area(
    message: owed.WideAreaCopy, _: str
) -> move_messages.WideAreaIssuanceReply:
    return move_messages.WideAreaIssuanceReply(
        request_management_number=message.request,
        members=tuple(
            move_messages.HouseholdMember(
                kanji_name=page.name,
                date_of_birth=page.born,
                date_of_birth_unknown=unknown_part(page.born_unknown),
                sex=page.sex,
                address=page.address,
                date_became_resident=page.became_resident,
                relationship=page.relationship,
                resident_record_code=page.resident_record_code,
                individual_number=page.individual_number,
            )
            for page in message.pages
        ),
    )


def _extract(
    message: owed.SendingDestination, municipality: str
) -> SendingDestinationExtract:
    return SendingDestinationExtract(
        batch_id=bytes.fromhex(message.batch),
        municipality_code=municipality,
        extracted=message.extracted,
        destinations=(
            Destination(
                resident_record_code=message.resident_record_code,
                individual_number=message.individual_number,
                kanji_name=message.name,
                furigana_name=message.furigana,
                date_of_birth=message.born,
                sex=message.sex,
                postal_code=message.postal_code,
                address=message.address,
            ),
        ),
    )


def _card_status(
    message: owed.CardStatusNotice, _: str
) -> card_messages.CardStatusNotice:
    return card_messages.CardStatusNotice(
        card_management_number=message.card,
        resident_record_code=message.resident_record_code,
        card_event=message.event,
        event_date=message.on,
    )


def _continued(
    message: owed.CardContinuedUse, municipality: str
) -> card_messages.CardManagementInformationUpdateRequest:
    return card_messages.CardManagementInformationUpdateRequest(
        card_management_number=message.card,
        resident_record_code=message.resident_record_code,
        kanji_name=message.name,
        address=message.address,
        municipality_code=municipality,
        continued_use_date=message.on,
    )


WRITERS: Final[Mapping[type[Any], Callable[[Any, str], Payload]]] = {
    owed.NumberedResidentRecordChange: _numbered,
    owed.MoveInNotice: _move_in_notice,
    owed.MoveOutCertificateInformation: _certificate,
    owed.NumberGenerationRequest: _request,
    owed.IdentifierCodeRequest: _code_request,
    owed.SupplementInformation: _supplement,
    owed.SupplementUpdate: _update,
    owed.SupplementMismatch: _mismatch,
    owed.WideAreaCopy: _wide_area,
    owed.SendingDestination: _extract,
    owed.CardStatusNotice: _card_status,
    owed.CardContinuedUse: _continued,
}
"""By the message's own type; the two that need an addressee number stand apart."""
