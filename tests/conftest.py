# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the whole suite, and the versions that a failure depends on."""

from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings
from OpenSSL import SSL

from simulators.network import build as building
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.processes import Processes
from simulators.network.stage import Stage

PACKAGES = ("cryptography", "pyOpenSSL", "asn1crypto", "Twisted", "lxml", "httptools")

settings.register_profile("sekisho", deadline=None, print_blob=True)
settings.load_profile("sekisho")


def pytest_report_header() -> str:
    """The libraries underneath, in their versions."""
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()}; {found}"


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A whole network of real daemons, started once; tests only add to it."""
    files = Files(Path(tmp_path_factory.mktemp("network")))
    choices = Choices(seed="tests", residents=200, second_hold_longest=1.0)
    building.build(files, choices)
    import_copies(files)
    processes = Processes(files)
    try:
        processes.start()
        with closing(Stage(files, choices)) as stage:
            yield stage
    finally:
        processes.stop()
