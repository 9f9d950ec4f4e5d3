# SPDX-License-Identifier: Apache-2.0
"""The closed list of refusals: what the record says, what the peer is told.

Three classes (docs/protocol.md, section 8). *Link*: the TLS alert is all that the
peer sees. *Unreadable*: every cause has the one wire code ``SK-U00``. *Readable*:
the inner code is the wire code. A new row here is a change of the protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

UNREADABLE_WIRE: Final = "SK-U00"
"""The one code for whatever cannot be opened, verified or parsed."""


class RefusalClass(Enum):
    """How much of a refusal its cause may know."""

    LINK = "link"
    UNREADABLE = "unreadable"
    READABLE = "readable"
    LOCAL = "local"
    """Never on the wire: why a station did not send, or gave up."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: a code with its rule, its words and what to do about it."""

    code: str
    kind: RefusalClass
    rule: str
    """The rule of the source document that it keeps (`R-…`), or the RFC section."""
    retry: bool
    """Whether the same bytes may be offered again with a hope of success."""
    ja: str
    en: str
    mend: str
    """What the sender can do, in one sentence."""

    @property
    def wire(self) -> str:
        """The code that a peer is told."""
        if self.kind is RefusalClass.UNREADABLE:
            return UNREADABLE_WIRE
        return self.code


_LINK = RefusalClass.LINK
_UNREAD = RefusalClass.UNREADABLE
_READ = RefusalClass.READABLE
_LOCAL = RefusalClass.LOCAL

_ROWS: Final = (
    # -- link: who is there -----------------------------------------------------
    Refusal("SK-L01", _LINK, "R-158", False, "相手の証明書がない",
            "no client certificate", "Present the station's TLS certificate."),
    Refusal("SK-L02", _LINK, "R-159", False, "相手の証明書の発行者を信頼していない",
            "certificate of another authority",
            "Use a certificate of this network's own authority."),
    Refusal("SK-L03", _LINK, "R-159", False, "証明書の有効期間外",
            "certificate outside its validity", "Renew the certificate."),
    Refusal("SK-L04", _LINK, "R-159", False, "証明書が失効している",
            "certificate revoked", "Issue a new certificate and find out why."),
    Refusal("SK-L05", _LINK, "R-159", False, "証明書の用途が違う",
            "certificate for another purpose", "Use the TLS certificate for TLS."),
    Refusal("SK-L06", _LINK, "R-125", False, "接続を認めない相手",
            "a station that may not connect here",
            "Connect to the listener meant for this role."),
    Refusal("SK-L07", _LINK, "R-158", False, "TLSの手順違反",
            "TLS handshake failed", "Speak TLS 1.3 with a client certificate."),
    Refusal("SK-L08", _LINK, "R-136", True, "失効情報が古い又はない",
            "revocation information stale or missing", "Fetch the current CRL."),
    Refusal("SK-L09", _LINK, "RFC 9110", False, "HTTPの手順違反",
            "HTTP that this listener does not accept",
            "Send one plain HTTP/1.1 POST with a Content-Length."),
    Refusal("SK-L10", _LINK, "R-159", False, "証明書の形式が違う",
            "certificate not built as this network's",
            "Have the certificate issued by the plan."),
    Refusal("SK-L11", _LINK, "R-158", True, "接続が多すぎる又は遅すぎる",
            "too many connections, or too slow a peer",
            "Keep connections and use them again."),
    # -- unreadable: one code on the wire ---------------------------------------
    Refusal("SK-U00", _UNREAD, "R-135", False, "相手が電文を読めなかった",
            "the peer could not open, verify or read it",
            "Ask the peer's operator: the cause is in the peer's record."),
    Refusal("SK-U01", _UNREAD, "R-135", False, "電文の形式が違う",
            "not an envelope of the profile", "Build the envelope by the profile."),
    Refusal("SK-U02", _UNREAD, "R-132", False, "この局宛に暗号化されていない",
            "not sealed for this station", "Seal for the certificate in the master."),
    Refusal("SK-U03", _UNREAD, "R-135", False, "署名が正しくない",
            "signature does not verify", "Sign the header with the signing key."),
    Refusal("SK-U04", _UNREAD, "R-135", False, "署名者が登録されていない",
            "signer not in the master", "Register the signing certificate."),
    Refusal("SK-U05", _UNREAD, "R-136", False, "署名者の証明書が有効でない",
            "signer's certificate not valid", "Renew the signing certificate."),
    Refusal("SK-U06", _UNREAD, "R-135", False, "ヘッダの形式が違う",
            "header malformed", "Encode the header by the ASN.1 module."),
    Refusal("SK-U07", _UNREAD, "R-135", False, "本文が署名と一致しない",
            "payload differs from its signed digest", "Do not edit what is signed."),
    # -- message: whose, when, where to ------------------------------------------
    Refusal("SK-M01", _READ, "R-135", False, "署名者が送信者でない",
            "signed by another than its sender", "Sign with the sender's own key."),
    Refusal("SK-M02", _READ, "R-158", False, "送信者が接続の相手でない",
            "sender is not the TLS peer", "Send over the sender's own link."),
    Refusal("SK-M03", _READ, "R-027", False, "宛先がこの局でない",
            "addressed to another station", "Send to the receiver in the header."),
    Refusal("SK-M04", _READ, "R-025", False, "電文の種類が不明",
            "unknown message type", "Use a type of the catalogue."),
    Refusal("SK-M05", _READ, "R-125", False, "この種類を送れる役割でない",
            "role may not send this type here", "See the catalogue's roles."),
    Refusal("SK-M06", _READ, "R-158", False, "電文の期限切れ",
            "message expired", "Make a new message."),
    Refusal("SK-M07", _READ, "R-158", False, "電文の作成時刻が未来",
            "message from the future", "Set the sender's clock."),
    Refusal("SK-M08", _READ, "R-158", False, "電文の有効期間が長すぎる",
            "message lives longer than a day", "Let it expire within 24 hours."),
    Refusal("SK-M09", _READ, "R-135", False, "同じ番号の別の電文",
            "another message under the same id", "Never use a message id twice."),
    Refusal("SK-M10", _READ, "R-132", True, "暗号化証明書が現行でない",
            "sealed for a certificate no longer current", "Update the master."),
    Refusal("SK-M11", _READ, "R-128", False, "許可証の指定がない又は余分",
            "permit digest missing or not wanted", "Name the permit in the header."),
    # -- payload -------------------------------------------------------------------
    Refusal("SK-X01", _READ, "R-025", False, "本文がXMLとして読めない",
            "payload is not XML of the profile", "Send plain UTF-8 XML, no DTD."),
    Refusal("SK-X02", _READ, "R-025", False, "本文が様式と一致しない",
            "payload does not match its schema", "Validate against the XSD."),
    Refusal("SK-X03", _READ, "R-072", False, "番号の検査数字が違う",
            "a number's check digit is wrong", "Check the number at its source."),
    Refusal("SK-X04", _READ, "R-072", False, "別の領域の番号",
            "a number of the other realm",
            "Never put real numbers into a simulation, nor the reverse."),
    # -- policy: the matching list ---------------------------------------------------
    Refusal("SK-P01", _READ, "R-104", False, "照合リストにない項目",
            "item not on the matching list", "Ask under an item of the list."),
    Refusal("SK-P02", _READ, "R-127", False, "その項目で認められない情報",
            "kind of information that the item does not allow",
            "Ask only for the item's kinds."),
    Refusal("SK-P03", _READ, "R-127", False, "その項目の照会者でない",
            "requester is not the item's", "Only the item's requester may ask."),
    Refusal("SK-P04", _READ, "R-127", False, "情報提供者が項目と違う",
            "provider is not the item's", "Ask a municipality."),
    Refusal("SK-P05", _READ, "R-105", False, "この事務で提供しない情報",
            "kind that this affair does not provide",
            "Ask the affair that holds this kind."),
    Refusal("SK-K01", _READ, "R-140", False, "符号が不明",
            "linkage code unknown", "Acquire the code anew for this person."),
    # -- permit and route ------------------------------------------------------------
    Refusal("SK-C01", _READ, "R-135", False, "許可証の署名が正しくない",
            "permit's signature does not verify", "Pass on the permit unchanged."),
    Refusal("SK-C02", _READ, "R-135", False, "許可証の署名者が違う",
            "permit signed with a key that may not issue permits",
            "Only the core's permit key issues permits."),
    Refusal("SK-C03", _READ, "R-128", False, "許可証の期限切れ",
            "permit expired", "Make a new inquiry."),
    Refusal("SK-C04", _READ, "R-128", False, "許可証は使用済み",
            "permit used before", "Make a new inquiry."),
    Refusal("SK-C05", _READ, "R-128", False, "別の提供者への許可証",
            "permit for another provider", "Send it to the provider it names."),
    Refusal("SK-C06", _READ, "R-128", False, "許可証の形式が違う",
            "permit malformed", "Encode the permit by the ASN.1 module."),
    Refusal("SK-C07", _READ, "R-128", False, "経路が許可証と一致しない",
            "route is not the permit's", "Send permit and route as issued."),
    Refusal("SK-C08", _READ, "R-128", False, "許可証が照会と一致しない",
            "permit is for another request", "Send the request that it names."),
    Refusal("SK-C09", _READ, "R-128", False, "許可証が対象者と一致しない",
            "permit is for another subject", "Send the subject that it names."),
    Refusal("SK-C10", _READ, "R-128", False, "許可証と情報が一致しない",
            "permit's item or kinds differ", "Provide what the permit names."),
    Refusal("SK-C11", _READ, "R-142", False, "処理通番が一致しない",
            "processing number differs", "Use one number for one transaction."),
    Refusal("SK-C12", _READ, "R-106", True, "知らされていない許可証",
            "permit was not announced to the requester",
            "Wait for the core's notice, then send again."),
    Refusal("SK-C13", _READ, "R-128", False, "経路の期限切れ又は署名不正",
            "route expired or not the core's", "Make a new inquiry."),
    Refusal("SK-C14", _READ, "R-128", False, "対応する取引がない",
            "no such transaction", "Start with an inquiry."),
    Refusal("SK-C15", _READ, "R-144", False, "提供者が指示を受領しない",
            "the provider did not take the order in time",
            "Make a new inquiry later."),
    # -- state -----------------------------------------------------------------------
    Refusal("SK-H01", _LOCAL, "R-131", False, "職員が提供を認めなかった",
            "an operator refused the provision", "Nothing: the decision is made."),
    Refusal("SK-H02", _LOCAL, "R-131", False, "保留の期限切れ",
            "the hold lapsed without a decision", "Decide within the time."),
    Refusal("SK-H03", _LOCAL, "R-145", False, "副本がない",
            "no copy of this subject is held", "Load the copy."),
    Refusal("SK-T01", _LOCAL, "R-159", True, "相手に接続できない",
            "peer cannot be reached", "Look at the peer and the line."),
    Refusal("SK-T02", _LOCAL, "R-159", True, "相手を認証できない",
            "peer cannot be authenticated, nothing was sent",
            "Look at the peer's certificate and at the master."),
    Refusal("SK-T03", _LOCAL, "R-144", False, "期限までに受領がない",
            "no receipt before the deadline", "Ask the peer; send a new message."),
    Refusal("SK-T04", _LOCAL, "R-135", True, "応答を検証できない",
            "answer cannot be verified", "Look at the peer's keys."),
    Refusal("SK-T05", _LOCAL, "R-159", True, "相手がこの局を認証しない",
            "the peer does not accept this station",
            "Look at our own TLS certificate, then ask the peer."),
)  # fmt: skip

REFUSALS: Final[Mapping[str, Refusal]] = {row.code: row for row in _ROWS}
"""All refusals by inner code."""


UNREADABLE_ANSWER: Final = Refusal(
    UNREADABLE_WIRE, _UNREAD, "R-135", False, "相手がこの電文を読めない",
    "the peer could not read the message",
    "Compare keys, master and revocation list with the peer's.",
)  # fmt: skip
"""What stands in a sender's record when a peer told the one wire code."""


def refusal(code: str) -> Refusal:
    """The row of ``code``, also of the wire code that a peer may have told.

    Another code that is not in the table is our own fault.
    """
    return UNREADABLE_ANSWER if code == UNREADABLE_WIRE else REFUSALS[code]
