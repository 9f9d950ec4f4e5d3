# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a system and its station: a small closed hierarchy.

Each docstring says what happened, who may have caused it and what to do. None carries
content, a number of a person or a key. `InsideError.again` tells whether the same may
be asked again with a hope of success.
"""

from typing import ClassVar

from schemas.messages import SubmissionRefused


class InsideError(Exception):
    """Something did not work between this system and its station."""

    again: ClassVar[bool] = False
    """Whether asking again later may help."""


class NotReached(InsideError):
    """The station was not reached, or the link broke before its answer was whole.

    The station may be down or restarting, or the line is. What was handed in may have
    been taken: hand it in again under the same submission id, which does it once.
    """

    again = True


class Unavailable(InsideError):
    """The station is there and cannot work: its record store cannot be written.

    Nothing was done. Its operator sees why with ``sekisho gateway status``; ask again.
    """

    again = True


class NotAdmitted(InsideError):
    """The station ended the link because of this system's certificate.

    It expired, was revoked, is of another network, or the station's configuration does
    not name this system under ``[inside] clients``.
    """


class NotBelieved(InsideError):
    """Whoever answered there is not the station that the settings name.

    Its certificate is another station's, or is expired or revoked, or the revocation
    list here is out of time: fetch the new ``crl.pem``. Nothing was handed in.
    """


class SettingsRefused(InsideError):
    """The settings cannot be used: the message names the file, the key and the mend."""


class Refused(InsideError):
    """The station read what was handed in and does not take it.

    ``told`` has the code, the rules, the words in two languages and what to do.
    """

    def __init__(self, told: SubmissionRefused) -> None:
        super().__init__(f"{told.code}: {told.text_en}; {told.what_to_do}")
        self.told = told


class Unknown(InsideError):
    """The station knows nothing of that id, or nothing that this system may see.

    It may have been forgotten: results are kept for seven days.
    """


class NotUnderstood(InsideError):
    """The station answered what the protocol does not provide for.

    Another program may be listening there, or a newer one; see section 12 of
    ``docs/protocol.md``.
    """


class BadParameter(InsideError):
    """A municipality or an operator was named in a way that the station does not take.

    A municipality is six digits and capital letters; an operator at most 32 of the
    letters A to Z, digits, point, line and hyphen. Nothing was handed in.
    """


class TooLarge(InsideError):
    """The payload is larger than one message may be. Nothing was handed in."""


class NotInTime(InsideError):
    """No answer came within the time that was given.

    It may still come: ask later with the same ids. A person may have to decide first.
    """

    again = True
