# SPDX-License-Identifier: Apache-2.0
"""Cards (個人番号カード), and certificates at the shop counter.

A card is known by its management number. None of the messages to the card management
system needs an individual number, so none has a place for one.

At a convenience store a resident is known by the serial number of the certificate for
user authentication on the card: the register tells it to the issuance system, with the
addressee number; the systems of the city tell what certificates may be printed for
that addressee number. The individual number on a residence record copy comes from
the addressee system alone (システム3 ②-6), and is printed only where it is asked for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from schemas.shape import Personal, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardManagementInformationUpdateRequest(Personal):
    """After a special move-in: the card goes on being used (継続利用)."""

    card_management_number: str
    resident_record_code: str
    kanji_name: str
    address: str
    municipality_code: str
    continued_use_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardStatusNotice(Personal):
    """What happened to a card.

    The document lists issue, abolition, collection, release from suspension and return,
    and more by its 等 (システム2 ②-8). A suspension (一時停止) that a city takes in at
    its counter is told as well: else nobody could release from it.
    """

    card_management_number: str
    resident_record_code: str
    card_event: str
    """`issued`, `abolished`, `collected`, `suspended`, `suspension_released` or
    `returned`."""
    event_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserCertificateSerialNotice(Personal):
    """Register to issuance system: with this certificate comes this resident."""

    addressee_number: str
    certificate_serial: str
    replaced_certificate_serial: str | None = None
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateItem(Personal):
    """One line of a certificate: what stands there, and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateInformationLink(Personal):
    """A system of the city to the issuance system: a certificate, as it now stands."""

    addressee_number: str
    certificate_kind: str
    """`residence_record`, `seal_registration`, `tax`, `family_register` or
    `family_register_supplement`."""
    issuable: bool
    """False where it is not to be issued at a shop; nothing says why."""
    as_of: date
    items: tuple[CertificateItem, ...] = many("item")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateIndividualNumberLink(Personal):
    """Addressee system to issuance system: the number that a copy may show."""

    addressee_number: str
    individual_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConvenienceStoreIssuanceRequest(Personal):
    """Issuance center to issuance system: somebody stands at a machine."""

    certificate_serial: str
    certificate_kind: str
    show_individual_number: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConvenienceStoreIssuanceReply(Personal):
    """What to print, at once; nothing where it is not issued, and no word about why."""

    certificate_kind: str
    individual_number: str | None = None
    items: tuple[CertificateItem, ...] = many("item")


CardPayload: TypeAlias = (
    CardManagementInformationUpdateRequest
    | CardStatusNotice
    | UserCertificateSerialNotice
    | CertificateInformationLink
    | CertificateIndividualNumberLink
    | ConvenienceStoreIssuanceRequest
    | ConvenienceStoreIssuanceReply
)

MESSAGES: Final = (
    shaped(
        "card_management_information_update_request",
        CardManagementInformationUpdateRequest,
    ),
    shaped("card_status_notice", CardStatusNotice),
    shaped("user_certificate_serial_notice", UserCertificateSerialNotice),
    shaped("certificate_information_link", CertificateInformationLink),
    shaped("certificate_individual_number_link", CertificateIndividualNumberLink),
    shaped("convenience_store_issuance_request", ConvenienceStoreIssuanceRequest),
    shaped("convenience_store_issuance_reply", ConvenienceStoreIssuanceReply),
)
