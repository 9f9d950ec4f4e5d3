# SPDX-License-Identifier: Apache-2.0
"""curl is a peer like any other: a client certificate, a POST, a signed answer."""

import subprocess
from pathlib import Path

from protocols.answers import Receipt, SignedRefusal
from protocols.envelope import Opened, Packed
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER, lawful
from simulators.web import Reply
from tests.tools import need


def curl(network: Stage, body: bytes, tmp_path: Path, *more: str) -> Reply:
    """POST ``body`` to the core as the asking station, by curl alone."""
    keys = network.files.pki.station(ASKER)
    sent, answer = tmp_path / "sent.cms", tmp_path / "answer.cms"
    sent.write_bytes(body)
    port = network.network.outside[str(people.CORE)]
    done = subprocess.run(
        [
            need("curl"),
            *("--silent", "--show-error", "--max-time", "20", "--tlsv1.3"),
            *("--cacert", str(network.files.pki.chain)),
            *("--cert", str(keys / "tls.crt"), "--key", str(keys / "tls.key")),
            *("--header", "Content-Type: application/cms"),
            *("--data-binary", f"@{sent}", "--output", str(answer)),
            *("--write-out", "%{http_code} %{content_type}"),
            *more,
            f"https://localhost:{port}/v1/messages",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    status, _, content_type = done.stdout.partition(" ")
    return Reply(int(status), content_type, answer.read_bytes())


def understood(
    network: Stage, packed: Packed, reply: Reply
) -> Receipt | SignedRefusal | Opened:
    return network.peer(ASKER).understand(packed, reply, people.CORE)


def test_curl_posts_an_inquiry_and_gets_its_sealed_reply(
    network: Stage, tmp_path: Path
) -> None:
    packed = lawful(network)
    reply = curl(network, packed.envelope, tmp_path)
    assert (reply.status, reply.content_type) == (200, "application/cms")
    answer = understood(network, packed, reply)
    assert isinstance(answer, Opened)
    assert answer.header.message_type == "information_inquiry_acceptance"


def test_curl_posts_rubbish_and_gets_a_signed_refusal(
    network: Stage, tmp_path: Path
) -> None:
    reply = curl(network, b"rubbish", tmp_path)
    assert (reply.status, reply.content_type) == (422, "application/cms")


def test_curl_may_ask_first_whether_a_large_body_is_wanted(
    network: Stage, tmp_path: Path
) -> None:
    reply = curl(network, bytes(900_000), tmp_path, "--header", "Expect: 100-continue")
    assert reply.status == 422
