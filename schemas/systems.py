# SPDX-License-Identifier: Apache-2.0
"""The systems, devices, peers and networks that the assessment document names.

Their ids are the roles of stations: in a certificate, in a header, in a row of the
catalogue. The six that the rows of the catalogue name have constants.
"""

from typing import Final

EXISTING: Final = "existing_resident_system"
CS: Final = "municipal_cs"
PREFECTURE: Final = "prefectural_server"
BUSINESS: Final = "individual_business_system"
INTERMEDIATE: Final = "intermediate_server"
CORE: Final = "information_provision_network_system"

SYSTEMS: Final = frozenset(
    {
        EXISTING,
        "existing_resident_terminal",
        "juki_net",
        CS,
        "tamper_resistant_device",
        "integrated_terminal",
        PREFECTURE,
        "national_server",
        "other_municipal_cs",
        "individual_number_card_management_system",
        "jlis",
        "group_integrated_addressee_system",
        "common_platform_system",
        INTERMEDIATE,
        "intermediate_server_platform",
        "intermediate_server_terminal",
        CORE,
        "service_search_online_application",
        "convenience_store_issuance_system",
        "convenience_store_issuance_center",
        "ministry_of_justice_link_terminal",
        "ministry_of_justice",
        "family_register_system",
        "family_register_supplement_link",
        BUSINESS,
        "tax_system",
        "seal_registration_system",
        "lgwan",
        "government_cloud",
    }
)
"""The 29 systems, devices, peers and networks that the document names."""
