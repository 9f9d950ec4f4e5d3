# SPDX-License-Identifier: Apache-2.0
"""The systems, devices, peers and networks that the assessment document names.

Their ids are the roles of stations: in a certificate, in a header, in a row of the
catalogue. Those that some row of the catalogue names have constants. The CS of another
municipality is no role of its own: on the wire it is a `municipal_cs` of another
organisation.
"""

from typing import Final

EXISTING: Final = "existing_resident_system"
EXISTING_TERMINAL: Final = "existing_resident_terminal"
CS: Final = "municipal_cs"
TERMINAL: Final = "integrated_terminal"
PREFECTURE: Final = "prefectural_server"
NATIONAL: Final = "national_server"
CARDS: Final = "individual_number_card_management_system"
JLIS: Final = "jlis"
ADDRESSEE: Final = "group_integrated_addressee_system"
PLATFORM: Final = "common_platform_system"
INTERMEDIATE: Final = "intermediate_server"
CORE: Final = "information_provision_network_system"
PORTAL: Final = "service_search_online_application"
STORES: Final = "convenience_store_issuance_system"
STORES_CENTER: Final = "convenience_store_issuance_center"
JUSTICE_TERMINAL: Final = "ministry_of_justice_link_terminal"
JUSTICE: Final = "ministry_of_justice"
FAMILY_REGISTER: Final = "family_register_system"
BUSINESS: Final = "individual_business_system"
TAX: Final = "tax_system"
SEALS: Final = "seal_registration_system"

RESIDENT_AFFAIR: Final = frozenset({EXISTING, EXISTING_TERMINAL, CS, TERMINAL})
"""What works for the affair of the resident register itself (住民基本台帳事務)."""

SYSTEMS: Final = frozenset(
    {
        EXISTING,
        EXISTING_TERMINAL,
        "juki_net",
        CS,
        "tamper_resistant_device",
        TERMINAL,
        PREFECTURE,
        NATIONAL,
        "other_municipal_cs",
        CARDS,
        JLIS,
        ADDRESSEE,
        PLATFORM,
        INTERMEDIATE,
        "intermediate_server_platform",
        "intermediate_server_terminal",
        CORE,
        PORTAL,
        STORES,
        STORES_CENTER,
        JUSTICE_TERMINAL,
        JUSTICE,
        FAMILY_REGISTER,
        "family_register_supplement_link",
        BUSINESS,
        TAX,
        SEALS,
        "lgwan",
        "government_cloud",
    }
)
"""The 29 systems, devices, peers and networks that the document names."""
