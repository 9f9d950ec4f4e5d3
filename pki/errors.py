# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in pki: a small closed hierarchy, written for the operator.

Each docstring says what happened, who may have caused it and what to do. No error
carries content, a key or a number of a person; a ``place`` names the clause of the
profile (``pki/cms_profile.py``) that was not met. Promise: whatever bytes a stranger
sends to the readers of this room, only a ``PkiError`` comes out; anything else is a
bug of ours.
"""


class PkiError(Exception):
    """Something about keys, certificates, signatures or seals is not as it must be.

    Never raised itself; its heirs tell who may have caused it and what to do.
    """


class CmsError(PkiError):
    """A signed or sealed message is not one of our profile, or does not hold.

    The sender's software may have written another form, the bytes may have changed on
    the way, or somebody may be trying. Nothing of the message was used. Ask the sender
    to send it anew; if it happens again, compare its software with
    ``docs/protocol.md``, clause ``place``.
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.place = place


class DerError(CmsError):
    """Bytes are not DER, or not the structure that belongs here.

    Cut, doubled, followed by other bytes, in BER, or with a field that our profile
    does not know. The sender's software or the line caused it; the structure's name is
    in ``place``. Ask the sender to send it anew.
    """


class UnusableCertificate(CmsError):
    """A certificate cannot sign or be sealed for in this network.

    Its key is not on the curve P-256, it has no subject key identifier of 20 bytes, or
    (for our own) the private key beside it is another one. The authority that issued
    it, or whoever put the files in place, caused it. Issue it anew with
    ``sekisho pki issue``, or put the right key beside it.
    """
