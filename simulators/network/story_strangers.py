# SPDX-License-Identifier: Apache-2.0
"""Part (c), fourth part: what an enemy does at the port, before any message is read.

Links are refused with a TLS alert and a local record. On a proven link HTTP is plain or
it is answered with a status, and the link ends; nothing that follows is looked at.
"""

import ssl
from collections.abc import Callable, Iterator
from functools import partial

from pki.names import StationName
from pki.recipe import Recipe
from simulators.network import badges
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, wait_for
from simulators.network.story_refusals import ASKER
from simulators.raw import Heard, converse

POST = b"POST /v1/messages HTTP/1.1\r\nHost: core\r\nContent-Type: application/cms\r\n"
NEXT = b"GET / HTTP/1.1\r\nHost: core\r\n\r\n"
"""What a smuggler hides behind a request."""
ONCE = b"GET / HTTP/1.1\r\nHost: core\r\nConnection: close\r\n\r\n"

HTTP: dict[str, tuple[str, int, bytes]] = {
    "length-and-chunks": (
        "長さと分割の両方を名乗る要求（密輸）",
        400,
        POST
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + NEXT,
    ),
    "two-lengths": (
        "長さを二度名乗る要求（密輸）",
        400,
        POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + NEXT,
    ),
    "folded-header": (
        "折り返されたヘッダ",
        400,
        POST + b"Content-Length:\r\n 0\r\n\r\n" + NEXT,
    ),
    "http-2": ("HTTP/2の前置き", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "no-length": ("長さのない本文", 411, POST + b"\r\n" + b"x" * 1000),
    "100-megabytes": (
        "100MBの本文",
        413,
        POST + b"Content-Length: 104857600\r\n\r\n" + b"x" * 100_000,
    ),
}
"""A title, the status, and the bytes."""


def _core(stage: Stage) -> int:
    return stage.network.outside[str(people.CORE)]


def _http(stage: Stage, data: bytes) -> str:
    context = stage.peer(ASKER).context()
    heard = converse(_core(stage), context, [data])
    return f"HTTP {' '.join(map(str, heard.statuses))}, {heard.fate}"


def _pipelined(stage: Stage) -> str:
    """A hundred requests at once: as many are answered as may wait, and no more."""
    heard = converse(_core(stage), stage.peer(ASKER).context(), [NEXT * 100])
    counts = {status: heard.statuses.count(status) for status in heard.statuses}
    return ", ".join(f"{count} x {status}" for status, count in counts.items())


def _knock(stage: Stage, context: ssl.SSLContext | None, said: bytes = b"") -> str:
    return _fate(converse(_core(stage), context, [said] if said else []))


def _fate(heard: Heard) -> str:
    return str(heard.fate) if not heard.data else f"{len(heard.data)} bytes"


def _expired(stage: Stage) -> str:
    recipe = Recipe(begins=-30, ends=-1)
    return _knock(
        stage,
        badges.forged(stage.files, ASKER, "expired", recipe).context(stage.belief),
    )


def _revoked(stage: Stage) -> str:
    """Good, then taken back: let in before, and not after."""
    badge = badges.second(stage.files, ASKER)
    before = converse(_core(stage), badge.context(stage.belief), [ONCE]).statuses
    badges.revoke(stage.files, badge)

    def refused() -> str:
        heard = converse(_core(stage), badge.context(stage.belief), [ONCE])
        return "" if heard.statuses else "let in, then not"

    return wait_for(refused) if before else "never let in"


def _with_purpose(stage: Stage, purpose: str) -> str:
    return _knock(stage, stage.peer(ASKER).context(purpose))


def _wrong_role(stage: Stage) -> str:
    """An inside system of the requester at the core's door for peers."""
    system = StationName(ASKER.organisation, "individual_business_system")
    keys = stage.files.pki.station(system)
    badge = badges.Badge(keys / "tls.crt", keys / "tls.key", stage.files.pki.chain, 0)
    return _knock(stage, badge.context(stage.belief))


def _old_tls(stage: Stage) -> str:
    return _knock(stage, stage.peer(ASKER).context("tls", ssl.TLSVersion.TLSv1_2))


def _no_tls(stage: Stage) -> str:
    fate = _knock(stage, None, POST + b"Content-Length: 0\r\n\r\n")
    return "no answer" if fate in ("closed", "reset", "7 bytes") else fate


LINKS: tuple[tuple[str, str, str, Callable[[Stage], str]], ...] = (
    ("expired-certificate", "期限の切れた証明書", "a TLS alert", _expired),
    ("revoked-certificate", "失効した証明書", "let in, then not", _revoked),
    (
        "wrong-purpose",
        "署名用の証明書による接続",
        "a TLS alert",
        partial(_with_purpose, purpose="signing"),
    ),
    ("wrong-role", "接続を認めない役割の証明書", "a TLS alert", _wrong_role),
    ("tls-1.2", "TLS 1.2による接続", "a TLS alert", _old_tls),
    ("no-tls", "TLSのない接続", "no answer", _no_tls),
)


def _steps() -> Iterator[Step]:
    for key, (title, status, data) in HTTP.items():
        run = partial(_http, data=data)
        yield Step(f"hostile/{key}", title, f"HTTP {status}, closed", run)
    yield Step(
        "hostile/pipelined",
        "一度に送られた百の要求",
        "16 x 404, 1 x 400",
        _pipelined,
    )
    for key, title, expected, knock in LINKS:
        yield Step(f"hostile/{key}", title, expected, knock)


STEPS = tuple(_steps())
