# SPDX-License-Identifier: Apache-2.0
"""How a person gets an individual number (個人番号) and a linkage code (符号).

A number: the register asks J-LIS through its CS, which answers later the same way.

A code, as the document has it (別添１ １１): the addressee system registers the pair of
individual and addressee number at the intermediate server, which makes a processing
number and sends it with the individual number back through addressee system and
register to the CS, and so to J-LIS. J-LIS puts the resident record code in the place of
the individual number and asks the core, which gives the code to the intermediate
server.

The same, separated (番号法第21条の2): the addressee system asks the intermediate server
for a processing number, by the addressee number alone, and begins the request itself.
Then no intermediate server ever meets an individual number. In both, the code never
crosses the same hop as the individual number, and no CS meets a code.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas.shape import Personal, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IndividualNumberGenerationRequest(Personal):
    """Register to CS to J-LIS: please make a number for the person with this code."""

    request_management_number: str
    """依頼管理番号: the register's own; the answer repeats it."""
    resident_record_code: str
    occasion: str
    """`first`, or `change` where a number leaked (番号法第7条第2項)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IndividualNumberGenerationResponse(Personal):
    """J-LIS to CS to register: the number; matched by the resident record code."""

    request_management_number: str
    resident_record_code: str
    individual_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NumberPairRegistration(Personal):
    """Addressee system to intermediate server: the pair, as the document has it."""

    individual_number: str
    addressee_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProcessingNumberRequest(Personal):
    """Addressee system to intermediate server, separated: a number, please."""

    addressee_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProcessingNumberNotice(Personal):
    """Intermediate server to addressee system, at once."""

    addressee_number: str
    processing_number: bytes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonalIdentifierCodeRequest(Personal):
    """To J-LIS, by way of the CS: a code for this person, please."""

    processing_number: bytes
    """処理通番 of the acquisition: it stands for nobody outside this one affair."""
    individual_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonalIdentifierCodeIssueRequest(Personal):
    """J-LIS to core: make the code that this organisation is to use."""

    processing_number: bytes
    organisation: str
    resident_record_code: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonalIdentifierCodeNotice(Personal):
    """Core to intermediate server: the code, and which request it answers."""

    processing_number: bytes
    subject_code: str


NumberPayload: TypeAlias = (
    IndividualNumberGenerationRequest
    | IndividualNumberGenerationResponse
    | NumberPairRegistration
    | ProcessingNumberRequest
    | ProcessingNumberNotice
    | PersonalIdentifierCodeRequest
    | PersonalIdentifierCodeIssueRequest
    | PersonalIdentifierCodeNotice
)

MESSAGES: Final = (
    shaped("individual_number_generation_request", IndividualNumberGenerationRequest),
    shaped("individual_number_generation_response", IndividualNumberGenerationResponse),
    shaped("number_pair_registration", NumberPairRegistration),
    shaped("processing_number_request", ProcessingNumberRequest),
    shaped("processing_number_notice", ProcessingNumberNotice),
    shaped("personal_identifier_code_request", PersonalIdentifierCodeRequest),
    shaped(
        "personal_identifier_code_issue_request", PersonalIdentifierCodeIssueRequest
    ),
    shaped("personal_identifier_code_notice", PersonalIdentifierCodeNotice),
)
