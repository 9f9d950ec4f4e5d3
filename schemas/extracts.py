# SPDX-License-Identifier: Apache-2.0
"""What a register says of a sending-destination extract (送付先情報) that it hands in.

The number of its persons and the SHA-256 of its bytes stand behind the question mark,
and the CS takes the extract only if it is that (R-045):

    POST /v1/inside/messages?persons=2&sha256=8a3f…
"""

from hashlib import sha256
from typing import Any, Final

from schemas.errors import SchemaError
from schemas.messages import read_payload
from schemas.payload import type_of

EXTRACT: Final = "sending_destination_extract"


def said_of(payload: bytes) -> dict[str, str]:
    """Name and value of each; nothing for what is no extract."""
    try:
        if type_of(payload) != EXTRACT:
            return {}
        value: Any = read_payload(EXTRACT, payload)
    except SchemaError:
        return {}
    digest = sha256(payload).hexdigest()
    return {"persons": str(len(value.destinations)), "sha256": digest}


def query_of(payload: bytes, to: str = "") -> str:
    """What stands behind the mark, with the mark; empty where there is nothing."""
    said = {"to": to} if to else said_of(payload)
    parts = "&".join(f"{name}={value}" for name, value in said.items())
    return f"?{parts}" if parts else ""
