# SPDX-License-Identifier: Apache-2.0
"""Part (c), second half: permits that do not permit.

The story speaks as the core here, with the core's own keys, because only so can a bad
permit reach a provider at all: every order is sealed, signed and sent as the core
would, and one thing about it is wrong.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from pki.cms import Signer
from pki.names import StationName
from protocols import permit, route
from protocols.envelope import Packed
from protocols.permit import Permit
from protocols.route import Route
from schemas.messages import ProvisionOrder, write_payload
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, in_words
from simulators.network.story_refusals import ASKER, ITEM, code_of, lawful


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that an order consists of, before anything is signed."""

    permit: Permit
    route: bytes
    requester_header: bytes
    code: str
    salt: bytes


def parts(stage: Stage) -> Parts:
    """The parts of an order that the provider would take."""
    request = lawful(stage)
    number = request.header.processing_number
    assert number is not None
    requester = stage.peer(ASKER)
    made = stage.now()
    endpoint = stage.network.outside[str(ASKER)]
    way = route.issue(
        Route(
            route_id=os.urandom(16),
            requester=ASKER,
            host="127.0.0.1",
            port=endpoint,
            sealing_certificate=requester.sealing_digest,
            not_before=made,
            not_after=made + timedelta(hours=1),
        ),
        stage.peer(people.CORE).signer,
        made,
    )
    salt = os.urandom(32)
    code = code_of(stage, people.PROVIDER)
    draft = Permit(
        permit_id=os.urandom(16),
        processing_number=number,
        requester=ASKER,
        provider=people.PROVIDER,
        item_no=ITEM.item_no,
        kinds=("resident_record_information",),
        subject_commitment=permit.subject_commitment(salt, code),
        request_digest=request.header_digest,
        sealing_certificate=requester.sealing_digest,
        route_digest=route.digest(way),
        issued=made,
        answer_by=made + timedelta(minutes=5),
        release_by=made + timedelta(days=1),
    )
    return Parts(draft, way, request.signed_header, code, salt)


def permit_signer(stage: Stage) -> Signer:
    """The core's permit key."""
    return stage.peer(people.CORE).keys.signer("permit")


def order(
    stage: Stage,
    made: Parts,
    permit_bytes: bytes,
    provider: StationName = people.PROVIDER,
) -> str:
    """Send the order as the core; the provider's answer."""
    core = stage.peer(people.CORE)
    packed = pack_order(stage, made, permit_bytes, provider)
    reply = core.post(packed, provider)
    return in_words(core.understand(packed, reply, provider))


def pack_order(
    stage: Stage, made: Parts, permit_bytes: bytes, provider: StationName
) -> Packed:
    """The sealed order."""
    value = ProvisionOrder(
        permit=permit_bytes,
        route=made.route,
        requester_header=made.requester_header,
        subject_code=made.code,
        subject_salt=made.salt,
    )
    return stage.peer(people.CORE).write(
        "provision_order",
        provider,
        write_payload(value),
        processing_number=made.permit.processing_number,
    )


def _issued(stage: Stage, made: Permit) -> bytes:
    return permit.issue(made, permit_signer(stage), stage.now())


def _changed(change: Callable[[Parts], Permit]) -> Callable[[Stage], str]:
    """An order whose permit says something else than it should."""

    def run(stage: Stage) -> str:
        made = parts(stage)
        return order(stage, made, _issued(stage, change(made)))

    return run


def _expired(made: Parts) -> Permit:
    ago = made.permit.issued - timedelta(hours=1)
    return replace(made.permit, issued=ago, answer_by=ago + timedelta(minutes=5))


def _used_twice(stage: Stage) -> str:
    """First as it should be (and provided), then the same permit in another order."""
    made = parts(stage)
    stage.forge(made.permit.processing_number)
    signed = _issued(stage, made.permit)
    first = order(stage, made, signed)
    if first != "receipt":
        return first
    return order(stage, made, signed)


def _for_another_provider(stage: Stage) -> str:
    made = parts(stage)
    return order(stage, made, _issued(stage, made.permit), people.SECOND_PROVIDER)


def _one_bit(stage: Stage) -> str:
    made = parts(stage)
    signed = bytearray(_issued(stage, made.permit))
    signed[-1] ^= 1
    return order(stage, made, bytes(signed))


def _other_key(stage: Stage) -> str:
    """Signed by a key of the same authority that may not issue permits."""
    made = parts(stage)
    signed = permit.issue(made.permit, stage.peer(people.CORE).signer, stage.now())
    return order(stage, made, signed)


def _other_route(stage: Stage) -> str:
    made, other = parts(stage), parts(stage)
    signed = _issued(stage, made.permit)
    return order(stage, replace(made, route=other.route), signed)


def _other_request(stage: Stage) -> str:
    made, other = parts(stage), parts(stage)
    signed = _issued(stage, made.permit)
    return order(stage, replace(made, requester_header=other.requester_header), signed)


def _other_subject(stage: Stage) -> str:
    made = parts(stage)
    signed = _issued(stage, made.permit)
    other = code_of(stage, people.PROVIDER, number=4)
    return order(stage, replace(made, code=other), signed)


def _not_from_the_core(stage: Stage) -> str:
    """A requester sends the order itself, with a permit that is good."""
    made = parts(stage)
    value = ProvisionOrder(
        permit=_issued(stage, made.permit),
        route=made.route,
        requester_header=made.requester_header,
        subject_code=made.code,
        subject_salt=made.salt,
    )
    asker = stage.peer(ASKER)
    packed = asker.write(
        "provision_order",
        people.PROVIDER,
        write_payload(value),
        processing_number=made.permit.processing_number,
    )
    reply = asker.post(packed, people.PROVIDER)
    return in_words(asker.understand(packed, reply, people.PROVIDER))


def _item_beside_the_list(made: Parts) -> Permit:
    return replace(made.permit, item_no=4)


STEPS = (
    Step("permit/expired", "期限切れの許可証", "SK-C03", _changed(_expired)),
    Step("permit/used-twice", "二度使われた許可証", "SK-C04", _used_twice),
    Step(
        "permit/for-another-provider",
        "別の提供者への許可証",
        "SK-C05",
        _for_another_provider,
    ),
    Step("permit/one-bit-changed", "1ビット変えられた許可証", "SK-C01", _one_bit),
    Step(
        "permit/signed-by-another-key",
        "同じ認証局の別の鍵で署名された許可証",
        "SK-C02",
        _other_key,
    ),
    Step("permit/with-another-route", "別の経路情報", "SK-C07", _other_route),
    Step("permit/for-another-request", "別の照会への許可証", "SK-C08", _other_request),
    Step("permit/for-another-subject", "別の対象者", "SK-C09", _other_subject),
    Step(
        "permit/item-beside-the-list",
        "照合リストにない項目の許可証（提供者側の再確認）",
        "SK-P01",
        _changed(_item_beside_the_list),
    ),
    Step(
        "permit/not-from-the-core",
        "コアシステム以外からの提供指示",
        "SK-M05",
        _not_from_the_core,
    ),
)
