# SPDX-License-Identifier: Apache-2.0
"""A text in the spellings in which it could hide in a file."""

import base64
import unicodedata
import urllib.parse


def spellings(text: str) -> dict[str, bytes]:
    """Eight ways to write a text; one that cannot be written so is left out."""
    plain = text.encode()
    middle = base64.b64encode(b"\0" + plain + b"\0")[4:-4]
    found = {
        "utf-8": plain,
        "utf-16": text.encode("utf-16-le"),
        "escaped": "".join(f"\\u{ord(c):04x}" for c in text).encode(),
        "references": "".join(f"&#{ord(c)};" for c in text).encode(),
        "percent": urllib.parse.quote(text, safe="").encode(),
        "hexadecimal": plain.hex().encode(),
        "base64": base64.b64encode(plain)[: len(plain) // 3 * 4],
        "other width": unicodedata.normalize("NFKC", text).encode(),
        "wide": "".join(_wide(c) for c in text).encode(),
        "shift_jis": text.encode("cp932", "ignore"),
        "euc-jp": text.encode("euc-jp", "ignore"),
        "reversed": text[::-1].encode(),
        "base64 shifted": middle,
    }
    return {way: data for way, data in found.items() if len(data) >= 4}


def _wide(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character
