# SPDX-License-Identifier: Apache-2.0
"""The file that a proof bundle is: a zip archive of one spelling.

Members are stored as they are, in the order in which they were given, without times. So
an archive is its members and nothing else: if any byte of it is another than they make,
it is not believed. A last member holds their sums as `sha256sum` checks them, so that
a changed one has a name.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.records.errors import RecordsError

SUMS: Final = "SHA256SUMS"
MAX_BYTES: Final = 1 << 30
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100600 << 16
_UNIX: Final = 3


class BadBundle(RecordsError):
    """A proof bundle is not what a station made.

    It was changed, cut off or put together anew; the text says where. Keep it, and get
    it again from the station; if it stays so, that is a finding.
    """


def write_archive(members: Mapping[str, bytes]) -> bytes:
    """These members, and their sums."""
    return _written({**members, SUMS: _sums(members)})


def _written(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr, info.create_system = _MODE, _UNIX
            archive.writestr(info, content)
    return out.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    """Every member; the archive must be what they make, byte for byte."""
    if len(data) > MAX_BYTES:
        raise BadBundle("a file of that length is no bundle")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                raise BadBundle("a member is compressed; a bundle's are stored")
            members = {info.filename: archive.read(info) for info in infos}
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as e:
        raise BadBundle(f"it is no whole archive: {e}") from None
    except RuntimeError:
        raise BadBundle("a member is encrypted") from None
    if len(members) != len(infos) or _written(members) != data:
        raise BadBundle("the archive's own bytes are not those of its members")
    return members


def must_sum_up(members: Mapping[str, bytes], needed: Iterable[str]) -> None:
    """Raise `BadBundle` unless the sums are those of the members, and all are there."""
    told = _read_sums(members.get(SUMS, b""))
    for name, content in members.items():
        if name == SUMS:
            continue
        if told.pop(name, "") != hashlib.sha256(content).hexdigest():
            raise BadBundle(f"{shown(name)}: its content is not what {SUMS} says")
    if told:
        raise BadBundle(f"{shown(next(iter(told)))}: {SUMS} names it; it is gone")
    for name in needed:
        if name not in members:
            raise BadBundle(f"{name}: it is gone")
    others = {name: data for name, data in members.items() if name != SUMS}
    if _sums(others) != members[SUMS]:
        raise BadBundle(f"{SUMS}: it is not written as a bundle's is")


def _sums(members: Mapping[str, bytes]) -> bytes:
    """As `sha256sum` writes and checks them."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in members.items()
    ]
    return "".join(lines).encode()


def _read_sums(data: bytes) -> dict[str, str]:
    pairs = (
        line.partition("  ") for line in data.decode("utf-8", "replace").split("\n")
    )
    return {name: digest for digest, _, name in pairs if name}


def shown(name: str) -> str:
    """A member's name as it may be printed."""
    return "".join(c if c.isprintable() else "?" for c in name[:80])
