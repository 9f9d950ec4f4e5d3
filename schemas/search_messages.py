# SPDX-License-Identifier: Apache-2.0
"""Who is this? Confirmation, search and inquiry in the resident-register network.

An operator at the integrated terminal asks the municipal CS; the CS asks the national
server (confirmation), the prefectural or the national server (search), or J-LIS
(inquiry). All are answered at once, along the way that they came. An answer repeats the
key that it answers (R-068), so that one for another question is seen as such.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas.people import ConfirmationKey, ConfirmedPerson, SearchKey
from schemas.resident_messages import EightItems
from schemas.shape import Personal, many, shaped

MAX_HITS: Final = 100
"""Persons in one list: whoever finds more has to ask more exactly."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityConfirmationRequest(Personal):
    """Terminal to CS to national server: is the person at the counter registered?"""

    key: ConfirmationKey


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityConfirmationResult(Personal):
    """The way back: the person whom the key fits, for comparing on the screen.

    Without an individual number: it is no part of what is compared. None where the key
    fits nobody, or more than one.
    """

    key: ConfirmationKey
    confirmed: bool
    person: ConfirmedPerson | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityInformationSearch(Personal):
    """Terminal to CS: whom does this key fit?"""

    key: SearchKey


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityInformationSearchRequest(Personal):
    """CS to prefecture or national server, for whoever lives elsewhere (R-069)."""

    key: SearchKey


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityInformationSearchResult(Personal):
    """The way back of both: everybody whom the key fits, up to `MAX_HITS`."""

    key: SearchKey
    more: bool
    """Whether there are others who are not listed."""
    persons: tuple[EightItems, ...] = many("person")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JlisIdentityInformationInquiry(Personal):
    """CS to J-LIS: the identity information of one person (R-070)."""

    key: SearchKey


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JlisIdentityInformationResponse(Personal):
    """J-LIS to CS: that person; None where the key fits nobody, or more than one."""

    key: SearchKey
    person: EightItems | None = None


SearchPayload: TypeAlias = (
    IdentityConfirmationRequest
    | IdentityConfirmationResult
    | IdentityInformationSearch
    | IdentityInformationSearchRequest
    | IdentityInformationSearchResult
    | JlisIdentityInformationInquiry
    | JlisIdentityInformationResponse
)

MESSAGES: Final = (
    shaped("identity_confirmation_request", IdentityConfirmationRequest),
    shaped("identity_confirmation_result", IdentityConfirmationResult),
    shaped("identity_information_search", IdentityInformationSearch),
    shaped("identity_information_search_request", IdentityInformationSearchRequest),
    shaped("identity_information_search_result", IdentityInformationSearchResult),
    shaped("jlis_identity_information_inquiry", JlisIdentityInformationInquiry),
    shaped("jlis_identity_information_response", JlisIdentityInformationResponse),
)
