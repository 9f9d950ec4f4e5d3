# SPDX-License-Identifier: Apache-2.0
"""A process that writes media without end, until it is killed; for `test_media_killed`.

It says the number of each medium before it is written, and again once it is.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway import config as configs
from gateway.services import media_content
from gateway.services.media_desk import Desk
from gateway.services.media_output import request, write
from pki.keystore import load_secret
from tests.gateway.media import CLERK, WITNESS, asked

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def main(path: Path, into: Path) -> None:
    config = configs.load(path)
    desk = Desk(config, load_secret(config.store.key), lambda: NOON)
    media_content.BATCH = 2  # type: ignore[misc]
    while True:
        medium = request(desk, CLERK, asked())
        os.write(1, f"begun {medium.number}\n".encode())
        write(desk, medium.number, CLERK, WITNESS, into, None)
        os.write(1, f"done {medium.number}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
