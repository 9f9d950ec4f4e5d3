# SPDX-License-Identifier: Apache-2.0
"""Every way in which a system of the city says no.

Codes of the network's list (`protocols.refusals`) are used where they fit: an unknown
type, a payload that does not match, a number of the other realm. What only an in-house
system can refuse has a code of its own here, `SK-Y…`; none of them leaves the city.
No text holds a number or a name.
"""

from dataclasses import dataclass
from enum import Enum

from protocols.refusals import REFUSALS
from schemas.messages import SubmissionRefused
from schemas.shape import Personal


@dataclass(frozen=True, slots=True)
class Words:
    """What is told of one refusal."""

    code: str
    rule: str
    en: str
    ja: str
    mend: str


class Reason(Enum):
    """Why an in-house system refuses."""

    AFFAIR = Words(
        "SK-Y01",
        "R-036",
        "the affair is none of those that may be given information",
        "情報を移転できる事務でない",
        "Ask under an item of the list of affairs.",
    )
    ITEM = Words(
        "SK-Y02",
        "R-032",
        "the affair may not have an item that is asked for",
        "この事務に渡せない項目",
        "Ask for the items that the table gives the affair.",
    )
    APPLICATION = Words(
        "SK-Y03",
        "R-035",
        "no approved application lets this system have it",
        "承認された利用申請がない",
        "Apply for the use; the department in charge approves it.",
    )
    TIE = Words(
        "SK-Y04",
        "R-188",
        "affair, department and person in charge are not tied",
        "事務・部署・担当者の紐付けがない",
        "Have the three tied before looking.",
    )
    LOGIN = Words(
        "SK-Y05",
        "R-189",
        "nobody is logged in who may do this",
        "権限のある職員が認証されていない",
        "Log in as somebody to whom the function is open.",
    )
    SECOND_PERSON = Words(
        "SK-Y06",
        "R-057",
        "somebody else has to check or approve this",
        "入力者以外の職員の確認が要る",
        "Let another person do it.",
    )
    UNKNOWN = Words(
        "SK-Y07",
        "R-027",
        "nothing is held under this key",
        "該当がない",
        "Look the key up at its source.",
    )
    CONTRADICTS = Words(
        "SK-Y08",
        "R-046",
        "two persons would become one, or one would become two",
        "保有する情報と矛盾する",
        "Find out at the source who this is.",
    )
    SOURCE = Words(
        "SK-Y09",
        "R-119",
        "this system is not the source of such information",
        "この情報の作成元でない",
        "Let the system that keeps the original send it.",
    )
    PROFILE = Words(
        "SK-Y10",
        "R-142",
        "the codes are acquired in the other way here",
        "符号取得の方式が違う",
        "See how this network acquires its codes.",
    )
    FORM = Words(
        "SK-Y11",
        "R-026",
        "a field is missing, not of this form, or not in its form",
        "様式にない項目又は形式の誤り",
        "Fill in the form as it is.",
    )
    NOT_NOW = Words(
        "SK-Y12",
        "R-034",
        "it was done before, or something has to come first",
        "この状態では行えない",
        "Look at its state.",
    )
    KEPT = Words(
        "SK-Y13",
        "R-110",
        "it has to be kept longer",
        "保存期間を経過していない",
        "Wait until its time is over.",
    )
    CONFIRM_FIRST = Words(
        "SK-Y14",
        "R-064",
        "the person was not confirmed, seen and found to be the same",
        "本人確認の結果の確認が済んでいない",
        "Ask the network by the card that is shown, compare, and say what was found.",
    )


@dataclass(frozen=True, slots=True, repr=False)
class Attempt(Personal):
    """Who wants to see what of whom, and under which affair."""

    who: str
    place: str
    """Terminal or system from which it is asked."""
    affair: str
    person: str
    """Addressee number; empty where it is not known."""
    items: str


class CityError(Exception):
    """A system of the city did not do what was asked; nothing in it was changed."""


class Refused(CityError):
    """What was sent or asked is not taken, for a reason of the closed list.

    The sender caused it: its reason says what to do. Nothing was changed; that it was
    tried is in the history.
    """

    def __init__(self, why: Reason | str, look: Attempt | None = None) -> None:
        self.code = why if isinstance(why, str) else why.value.code
        self._words = None if isinstance(why, str) else why.value
        self.look = look
        super().__init__(self.code if self._words is None else self._words.en)

    def payload(self) -> SubmissionRefused:
        """What its sender is told."""
        words = self._words
        if words is None:
            row = REFUSALS[self.code]
            return SubmissionRefused(
                code=self.code,
                rules=row.rules[:1],
                text_ja=row.ja,
                text_en=row.en,
                what_to_do=row.mend,
                retry=row.retry,
            )
        return SubmissionRefused(
            code=words.code,
            rules=(words.rule,),
            text_ja=words.ja,
            text_en=words.en,
            what_to_do=words.mend,
            retry=False,
        )


class StoreFault(CityError):
    """The file of a system cannot be used: not ours, another system's, or in use.

    See that the path names this system's file, that only its owner can read it, and
    that no other process has it open.
    """
