# SPDX-License-Identifier: Apache-2.0
"""Reads a mapping: how an official CSV is laid out, in a small TOML file.

    encoding = "cp932"            or "utf-8"; without it both are tried
    delimiter = ","               or a tab
    header = 2                    the line of the headings; the rows are below it
    ignore = ["備考", "改正日"]      other columns that are known and not needed

    [columns]                     our name = the file's heading
    code = "団体コード"

Without a mapping the usual headings are looked for in line 1.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from gateway.tables.errors import TablesRefused
from gateway.tables.kinds import Kind

LARGEST: Final = 64 * 1024
Heading = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one official file is laid out."""

    columns: dict[str, Heading] = {}
    encoding: Literal["", "cp932", "utf-8"] = ""
    delimiter: Literal[",", "\t"] = ","
    header: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    ignore: tuple[Heading, ...] = ()


USUAL: Final = Mapping()


def load(path: Path, kind: Kind) -> Mapping:
    """The mapping in ``path`` for this kind; raises `TablesRefused`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise TablesRefused(f"{path}: is no mapping: over {LARGEST} bytes")
        found = msgspec.convert(tomllib.loads(data.decode("utf-8")), Mapping)
    except OSError as error:
        raise TablesRefused(f"{path}: cannot be read ({error.strerror})") from None
    except msgspec.ValidationError as error:
        _, _, place = str(error).rpartition("`$")
        key = place.strip("`.").partition("[")[0] or "the file"
        known = ", ".join(Mapping.__struct_fields__)
        said = f"{key}: not what is wanted here; the keys are {known}"
        raise TablesRefused(f"{path}: {said}, see docs/operation.md") from None
    except (ValueError, RecursionError):
        raise TablesRefused(
            f"{path}: is no TOML in UTF-8; look at its quotes"
        ) from None
    for name in found.columns:
        if name not in kind.columns:
            known = ", ".join(kind.columns)
            raise TablesRefused(
                f"{path}: columns: names one that {kind.name} have not; known: {known}"
            )
    return found
