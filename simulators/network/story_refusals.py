# SPDX-License-Identifier: Apache-2.0
"""Part (c), first half: inquiries that are not allowed, and messages that are forged.

Each is tried over the real link and must be refused with its own inner code; where
the peer may not know the cause, the peer learns `SK-U00` and the record the cause.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pki.names import StationName
from protocols.envelope import Packed
from protocols.linkage_code import CodeMaker
from schemas.matching_list import ITEMS
from schemas.messages import InformationInquiry, write_payload
from simulators.network import copies
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, in_words
from simulators.web import Client, LinkFailed, client_context

ITEM = ITEMS[15]
"""市町村長's item with five kinds: the one that most can be said wrong about."""
ASKER = people.requester(ITEM.requester_kind)
OTHER = people.requester("japan_student_services_organization")


def inquiry_payload(stage: Stage, requester: StationName) -> bytes:
    """A lawful inquiry of ``requester`` about a resident of the city."""
    peer = stage.peer(requester)
    return write_payload(
        InformationInquiry(
            item_no=ITEM.item_no,
            kinds=("resident_record_information",),
            provider=people.CITY,
            subject_code=code_of(stage, requester),
            sealing_certificate_digest=peer.sealing_digest,
        )
    )


def code_of(stage: Stage, station: StationName, number: int = 3) -> str:
    """The linkage code of a resident as ``station`` knows it."""
    codes = CodeMaker(stage.files.code_key.read_bytes())
    resident = stage.unflagged(stage.city, number)
    return codes.code(resident.person_id, station.organisation)


def lawful(stage: Stage, requester: StationName = ASKER) -> Packed:
    """An inquiry that the core would take."""
    return stage.peer(requester).write(
        "information_inquiry",
        people.CORE,
        inquiry_payload(stage, requester),
        processing_number=os.urandom(16),
    )


def _asked(
    requester: StationName,
    item_no: int,
    kinds: tuple[str, ...] = ("resident_record_information",),
    subject: Callable[[Stage], str] | None = None,
) -> Callable[[Stage], str]:
    """A step that asks from inside and waits for the refusal."""

    def run(stage: Stage) -> str:
        if subject is None:
            number = stage.unflagged(stage.city, 2).addressee_number
        else:
            number = subject(stage)
        asked = stage.ask(requester, item_no, number, kinds)
        return stage.end_of(requester, asked)

    return run


def _posted(stage: Stage, packed: Packed, to: StationName, by: StationName) -> str:
    """Post as ``by`` and tell the answer."""
    sender = stage.peer(by)
    return in_words(sender.understand(packed, sender.post(packed, to), to))


def _signed_by_another(stage: Stage) -> str:
    forged = stage.peer(ASKER).write(
        "information_inquiry",
        people.CORE,
        inquiry_payload(stage, ASKER),
        signer=stage.peer(OTHER).signer,
        processing_number=os.urandom(16),
    )
    return _posted(stage, forged, people.CORE, ASKER)


def _sealed_for_another(stage: Stage) -> str:
    astray = stage.peer(ASKER).write(
        "information_inquiry",
        people.CORE,
        inquiry_payload(stage, ASKER),
        sealed_for=people.PROVIDER,
        processing_number=os.urandom(16),
    )
    return _posted(stage, astray, people.CORE, ASKER)


def _replay_same(stage: Stage) -> str:
    packed = lawful(stage)
    stage.forge(packed.header.processing_number)
    sender = stage.peer(ASKER)
    first = sender.post(packed, people.CORE)
    again = sender.post(packed, people.CORE)
    stage.notes["replayed"] = packed
    same = first.body == again.body
    words = in_words(sender.understand(packed, again, people.CORE))
    return f"{words}, the same bytes" if same else f"{words}, other bytes"


def _replay_other(stage: Stage) -> str:
    first: Packed = stage.notes["replayed"]
    other = stage.peer(ASKER).write(
        "information_inquiry",
        people.CORE,
        inquiry_payload(stage, ASKER),
        message_id=first.header.message_id,
        processing_number=first.header.processing_number,
    )
    return _posted(stage, other, people.CORE, ASKER)


def _stolen_link(stage: Stage) -> str:
    """A good message of one station over the link of another."""
    packed = lawful(stage)
    thief = stage.peer(OTHER)
    reply = thief.post(packed, people.CORE)
    return in_words(stage.peer(ASKER).understand(packed, reply, people.CORE))


def _no_certificate(stage: Stage) -> str:
    return _link(stage, "", "")


def _other_authority(stage: Stage) -> str:
    base = stage.files.other_pki.station(people.SECOND_PROVIDER)
    return _link(stage, str(base / "tls.crt"), str(base / "tls.key"))


def _link(stage: Stage, certificate: str, key: str) -> str:
    context = client_context(
        stage.files.pki.chain,
        Path(certificate) if certificate else None,
        Path(key) if key else None,
        belief=stage.belief,
    )
    port = stage.network.outside[str(people.PROVIDER)]
    client = Client("127.0.0.1", port, context)
    try:
        reply = client.post("/v1/messages", "application/cms", b"")
    except LinkFailed:
        return "no link"
    finally:
        client.close()
    return f"HTTP {reply.status}"


STEPS = (
    Step(
        "refused/item-not-on-the-list",
        "照合リストにない項目（項4）",
        "SK-P01",
        _asked(ASKER, 4),
    ),
    Step(
        "refused/kind-not-the-items",
        "その項目で認められない情報",
        "SK-P02",
        _asked(ASKER, 28, ("long_term_care_benefit_information",)),
    ),
    Step(
        "refused/kind-this-affair-does-not-provide",
        "項目は認めるが住民基本台帳事務では提供しない情報",
        "SK-P05",
        _asked(ASKER, 28, ("local_tax_information",)),
    ),
    Step(
        "refused/requester-not-the-items",
        "その項目の照会者でない者からの照会",
        "SK-P03",
        _asked(OTHER, ITEM.item_no),
    ),
    Step(
        "refused/unknown-linkage-code",
        "誰のものでもない符号",
        "SK-K01",
        _asked(ASKER, 28, subject=lambda _: copies.unknown_subject()),
    ),
    Step(
        "refused/signed-by-another",
        "送信者でない者が署名した電文",
        "SK-M01",
        _signed_by_another,
    ),
    Step(
        "refused/over-anothers-link",
        "他局の接続で届いた電文",
        "SK-M02",
        _stolen_link,
    ),
    Step(
        "refused/sealed-for-another",
        "他局宛に暗号化された電文（相手には粗い応答のみ）",
        "SK-U00",
        _sealed_for_another,
    ),
    Step(
        "replay/same-bytes",
        "同じ電文の再送は同じ応答を受ける",
        "reply, the same bytes",
        _replay_same,
    ),
    Step(
        "refused/replay-with-other-bytes",
        "同じ番号の別の電文",
        "SK-M09",
        _replay_other,
    ),
    Step(
        "refused/no-client-certificate", "証明書のない接続", "no link", _no_certificate
    ),
    Step(
        "refused/other-authority",
        "別の認証局の証明書による接続",
        "no link",
        _other_authority,
    ),
)
