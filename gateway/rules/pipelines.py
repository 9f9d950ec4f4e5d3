# SPDX-License-Identifier: Apache-2.0
"""Which checks each message type goes through: the one place to read it.

A type that is not in this table is taken by no station: adding it to the catalogue
alone opens nothing.
"""

from collections.abc import Mapping

from gateway.rules import codes
from gateway.rules.check import Check
from gateway.rules.core import INQUIRY_CHECKS, NOTICE_CHECKS, RENEWAL_CHECKS
from gateway.rules.neighbour import ARRIVAL_CHECKS
from gateway.rules.permit import ORDER_CHECKS
from gateway.rules.requester import (
    FROM_CORE_CHECKS,
    LAPSE_CHECKS,
    PROVISION_CHECKS,
)

PIPELINES: Mapping[str, tuple[Check, ...]] = {
    "information_inquiry": INQUIRY_CHECKS,
    "provision_order": ORDER_CHECKS,
    "information_provision": PROVISION_CHECKS,
    "provision_lapse": LAPSE_CHECKS,
    "provision_notice": NOTICE_CHECKS,
    "permit_renewal_request": RENEWAL_CHECKS,
    "permit_notice": FROM_CORE_CHECKS,
    "inquiry_refusal": FROM_CORE_CHECKS,
    "personal_identifier_code_issue_request": codes.ISSUE_CHECKS,
    "personal_identifier_code_notice": codes.NOTICE_CHECKS,
    "individual_number_generation_response": ARRIVAL_CHECKS,
    "move_out_certificate_information": ARRIVAL_CHECKS,
    "move_out_certificate_resend_request": ARRIVAL_CHECKS,
    "move_in_notice": ARRIVAL_CHECKS,
    "wide_area_issuance_request": ARRIVAL_CHECKS,
    "wide_area_issuance_reply": ARRIVAL_CHECKS,
    "family_register_supplement_information": ARRIVAL_CHECKS,
    "family_register_supplement_mismatch": ARRIVAL_CHECKS,
    "consistency_check_result": ARRIVAL_CHECKS,
}
