# SPDX-License-Identifier: Apache-2.0
"""Ways in which bytes go wrong on the way, for every reader of this room."""

from collections.abc import Iterator

from hypothesis import strategies as st


def cuts(data: bytes) -> Iterator[bytes]:
    """Every beginning of ``data``, and every end, but never all of it."""
    for length in range(len(data)):
        yield data[:length]
        yield data[length + 1 :]


def flips(data: bytes) -> Iterator[bytes]:
    """``data`` with one bit turned, for every bit."""
    for position in range(len(data) * 8):
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)


def lengthened(data: bytes) -> Iterator[bytes]:
    """More than one message, or something after or before it."""
    yield data + data
    for more in (b"\0", b"\0\0", b"\n", b"\x05\0", b"\x30\x00"):
        yield data + more
        yield more + data


def ber(data: bytes) -> Iterator[bytes]:
    """The outermost element as DER does not allow it; most of it is good BER."""
    size = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    content = data[size:]
    yield data[:1] + b"\x80" + content + b"\0\0"
    yield data[:1] + b"\x84" + len(content).to_bytes(4, "big") + content
    if data[0] in (0x04, 0x80):  # octet strings may come in pieces
        piece = b"\x04" + data[1:]
        yield bytes((data[0] | 0x20, 0x80)) + piece + b"\0\0"


@st.composite
def spliced(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with a stretch replaced by anything."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 40)))
    return data[:start] + draw(st.binary(max_size=40)) + data[end:]
