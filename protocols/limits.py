# SPDX-License-Identifier: Apache-2.0
"""Every bound of the protocol, with its reason. A number elsewhere is a mistake."""

from datetime import timedelta
from typing import Final

from schemas.xml import MAX_PAYLOAD

MAX_ENVELOPE: Final = MAX_PAYLOAD + 16 * 1024
"""Bytes of one envelope: the payload, its signed header, and the DER around them."""

MAX_ANSWER: Final = MAX_ENVELOPE
"""Bytes of one answer: a sealed reply is an envelope like any other."""

MAX_LIFETIME: Final = timedelta(hours=24)
"""From created to expires. It bounds how long duplicates must be remembered."""

MAX_SKEW: Final = timedelta(seconds=60)
"""How far two clocks may be apart. More is refused: a clock to be mended."""

SALT_SIZE: Final = 32
"""Bytes of a salt: a commitment to a guessable number must not be guessable."""

MESSAGE_ID_SIZE: Final = 16
"""Bytes of a message id: random, so no two senders need to agree on anything."""

PROCESSING_NUMBER_SIZE: Final = 16
"""Bytes of a processing number (処理通番)."""

DIGEST_SIZE: Final = 32
"""Bytes of SHA-256."""

MAX_KINDS: Final = 8
"""Kinds of information in one permit: the matching list knows eight."""
