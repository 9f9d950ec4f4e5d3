# SPDX-License-Identifier: Apache-2.0
"""Into the refusals of getting copies and codes, and of who may not ask at all."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.config import Profile
from schemas.messages import read_payload, write_payload
from schemas.number_messages import PersonalIdentifierCodeNotice
from tests.gateway.refusals.scene import Scene, Told, ToldInside, Way
from tests.gateway.words import message
from tests.gateway.world import (
    ADDRESSEES,
    COPIES,
    CORE,
    EXISTING,
    PLAIN,
    PROVIDER,
    code_of,
)
from tests.schemas.samples import sample
from tests.values import replace

COPY = "resident_record_copy"
WANTED = "processing_number_request"
NOTICE = "personal_identifier_code_notice"


async def _other_characters(scene: Scene) -> ToldInside:
    value: Any = read_payload(COPY, sample(COPY))
    record = replace(value.resident_record_information, head_name="髙橋")
    body = write_payload(replace(value, resident_record_information=record))
    return await scene.submit(scene.works_at(PROVIDER), ADDRESSEES, body)


async def _in_the_other_way(scene: Scene) -> ToldInside:
    return await scene.submit(scene.works_at(PROVIDER), ADDRESSEES, sample(WANTED))


async def _of_another_number(scene: Scene) -> Told:
    works = scene.works_at(PROVIDER, *COPIES)
    config = works.station.config
    works.station.config = msgspec.structs.replace(config, profile=Profile.SEPARATED)
    given = await scene.submit(works, ADDRESSEES, sample(WANTED))
    number: Any = read_payload("processing_number_notice", given.answer.body)
    notice = PersonalIdentifierCodeNotice(
        processing_number=number.processing_number,
        subject_code=code_of(PLAIN, PROVIDER.organisation),
    )
    packed = message(scene.world, CORE, PROVIDER, NOTICE, write_payload(notice))
    return await scene.tell(works, packed)


async def _for_the_resident_affair(scene: Scene) -> ToldInside:
    asked = sample("information_inquiry_request")
    return await scene.submit(scene.works_at(PROVIDER), EXISTING, asked)


WAYS: Mapping[str, Way] = {
    "SK-X05": _other_characters,
    "SK-K02": _of_another_number,
    "SK-K03": _in_the_other_way,
    "SK-P08": _for_the_resident_affair,
}
