# SPDX-License-Identifier: Apache-2.0
"""Every target by its name."""

from collections.abc import Mapping
from typing import Final

from tests.fuzz import (
    gateway_targets,
    http_targets,
    pki_targets,
    protocol_targets,
    schema_targets,
    vouched_targets,
)
from tests.fuzz.target import Target

ROOMS: Final = (
    pki_targets,
    protocol_targets,
    http_targets,
    schema_targets,
    gateway_targets,
    vouched_targets,
)
TARGETS: Final[Mapping[str, Target]] = {
    target.name: target for room in ROOMS for target in room.TARGETS
}
