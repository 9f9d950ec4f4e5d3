# SPDX-License-Identifier: Apache-2.0
"""The master that follows the one in force: of the certificates that lie there now.

Its version is the next, and it keeps the versions of the layouts that were named. A
station reads its master when it starts.
"""

from datetime import datetime

import msgspec

from pki.cms import parse_signed
from protocols.master import LayoutVersion
from simulators.network import build as building
from simulators.network.files import Files


class _Old(msgspec.Struct, frozen=True):
    """What is read of an old master."""

    version: int
    layouts: tuple[LayoutVersion, ...] = ()


def issue_next(files: Files, at: datetime, layout: str = "") -> int:
    """Put it in the old one's place; with ``layout`` in force from ``at`` on.

    Gives its version.
    """
    content = parse_signed(files.master.read_bytes()).content
    old = msgspec.json.decode(content, type=_Old)
    layouts, version = old.layouts, old.version + 1
    if layout:
        layouts = (*layouts, LayoutVersion(layout, at.replace(microsecond=0)))
    network = building.load(files)
    building.issue_master(files, network, at, version, layouts)
    return version
