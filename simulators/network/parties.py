# SPDX-License-Identifier: Apache-2.0
"""Who is in the network that `sekisho up` makes, and which process plays whom.

Organisation codes of municipalities and prefectures are the public ones; everybody
else's are invented. Each requester of the matching list is one organisation; the
mayor of a municipality (市町村長) is played by the second city, which is a provider
too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pki.names import StationName
from schemas.matching_list import REQUESTER_KINDS

CITY = "102024"
"""高崎市."""
SECOND_CITY = "112020"
"""熊谷市."""
PREFECTURE = "100005"
"""群馬県."""
IMPOSTOR_PREFECTURE = "110001"
"""埼玉県: in this network its server shows the certificate of another authority."""
CORE = StationName("C00001", "information_provision_network_system")
MAYOR = "municipal_mayor"

PROVIDER = StationName(CITY, "intermediate_server")
SECOND_PROVIDER = StationName(SECOND_CITY, "intermediate_server")
CITY_CS = StationName(CITY, "municipal_cs")
SECOND_CS = StationName(SECOND_CITY, "municipal_cs")
PREFECTURAL_SERVER = StationName(PREFECTURE, "prefectural_server")
IMPOSTOR = StationName(IMPOSTOR_PREFECTURE, "prefectural_server")
NATIONAL_SERVER = StationName("J00001", "national_server")
JLIS = StationName("J00001", "jlis")
CARD_MANAGEMENT = StationName("J00001", "individual_number_card_management_system")
JUSTICE = StationName("M00001", "ministry_of_justice")
JUSTICE_TERMINAL = StationName(CITY, "ministry_of_justice_link_terminal")
"""It has keys and no process: whoever holds them speaks for it."""

DAEMON_ROLES = frozenset(
    {"information_provision_network_system", "intermediate_server", "municipal_cs"}
)


@dataclass(frozen=True, slots=True)
class Party:
    """One station of the network."""

    name: StationName
    label: str
    process: str
    """Which process plays it."""
    requester_kinds: tuple[str, ...] = ()
    inside: StationName | None = None
    """The system of the same organisation that uses its inside listener."""
    tls_only: bool = False
    """An inside system: it holds no signing or sealing key."""


def requester_organisation(kind: str) -> str:
    """The invented organisation code of a requester of the matching list."""
    if kind == MAYOR:
        return SECOND_CITY
    return f"Q{list(REQUESTER_KINDS).index(kind) + 1:05d}"


def requester(kind: str) -> StationName:
    """The station that asks for the requester ``kind``."""
    return StationName(requester_organisation(kind), "intermediate_server")


def parties() -> tuple[Party, ...]:
    """Everybody, in the order in which they are brought up."""
    return tuple(_parties())


def _parties() -> Iterator[Party]:
    yield Party(CORE, "情報提供ネットワークシステム", "core")
    yield from _city(CITY, "高崎市", "city", ())
    yield from _city(SECOND_CITY, "熊谷市", "second-city", (MAYOR,))
    for kind, row in REQUESTER_KINDS.items():
        if kind == MAYOR:
            continue
        code = requester_organisation(kind)
        label = row.japanese[:20]
        business = StationName(code, "individual_business_system")
        yield Party(requester(kind), label, "requesters", (kind,), inside=business)
        yield Party(business, f"{label} 業務", "inside", tls_only=True)
    yield Party(PREFECTURAL_SERVER, "群馬県", "prefecture")
    yield Party(IMPOSTOR, "埼玉県（認証できない）", "prefecture")
    yield Party(NATIONAL_SERVER, "全国サーバ", "peers")
    yield Party(JLIS, "地方公共団体情報システム機構", "peers")
    yield Party(CARD_MANAGEMENT, "個人番号カード管理システム", "peers")
    yield Party(JUSTICE, "法務省", "peers")
    yield Party(JUSTICE_TERMINAL, "高崎市 法務省連携端末", "terminal")


def _city(
    code: str, label: str, process: str, kinds: tuple[str, ...]
) -> Iterator[Party]:
    business = StationName(code, "individual_business_system")
    existing = StationName(code, "existing_resident_system")
    yield Party(
        StationName(code, "intermediate_server"),
        f"{label} 中間サーバ",
        process,
        kinds,
        inside=business,
    )
    yield Party(
        StationName(code, "municipal_cs"), f"{label} 市町村CS", process, inside=existing
    )
    yield Party(business, f"{label} 業務", "inside", tls_only=True)
    yield Party(existing, f"{label} 既存住基", "inside", tls_only=True)
    yield Party(terminal_of(code), f"{label} 統合端末", "inside", tls_only=True)


def terminal_of(organisation: str) -> StationName:
    """The register network's own terminal (統合端末) at a municipality."""
    return StationName(organisation, "integrated_terminal")


def prefecture_of(organisation: str) -> str:
    """The prefecture that a city's CS notifies."""
    return PREFECTURE if organisation == CITY else IMPOSTOR_PREFECTURE
