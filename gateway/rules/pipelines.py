# SPDX-License-Identifier: Apache-2.0
"""Which checks each message type goes through: the one place to read it.

A type that is not in this table is taken by no station: adding it to the catalogue
alone opens nothing.
"""

from collections.abc import Mapping

from gateway.rules.check import Check
from gateway.rules.core import INQUIRY_CHECKS, NOTICE_CHECKS, RENEWAL_CHECKS
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
}
