# SPDX-License-Identifier: Apache-2.0
"""Why a log, a note or a proof is not believed. None of these says what is logged."""

from protocols.errors import ProtocolError


class LogError(ProtocolError):
    """Something of a log is not what it must be."""


class Malformed(LogError):
    """A text or a tile cannot be read.

    It was cut off, edited, or is of another kind. Get it again from where it came
    from; if it stays so, that is a finding about whoever publishes it.
    """


class NotSigned(LogError):
    """A note is signed by nobody who is trusted, or by fewer than must have signed.

    Compare the keys in the policy with those that the log's owner names by another
    way. A key that was replaced shows like this too.
    """


class FalseSignature(LogError):
    """A signature under a trusted key's name and id is not that key's.

    The text was changed after it was signed, or somebody signed in another's name.
    Keep the file: it is evidence.
    """


class NotProven(LogError):
    """A proof does not lead to the root that was signed.

    The entry is not in the log at that place, or the log showed different trees to
    different people. Keep the proof and both checkpoints: together they are evidence.
    """


class NotConsistent(LogError):
    """A newer tree is not the older one with entries added.

    The log was changed or forked, or an old state was restored over a newer one. Send
    nothing until a person has found out which; keep both checkpoints.
    """


class HashMissing(LogError):
    """A stored hash or tile that the tree's size promises is not there.

    The store is damaged, or was copied while it was written. Restore it; nothing is
    made up in its place.
    """
