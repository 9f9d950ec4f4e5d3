# SPDX-License-Identifier: Apache-2.0
"""Who is in the network that `sekisho up` makes, and which process plays whom.

Organisation codes of municipalities and prefectures are the public ones; everybody
else's are invented. Each requester of the matching list is one organisation; the
mayor of a municipality (市町村長) is played by the second city, which is a provider
too.

There are two halves: the register network, and information linkage. A network has
both, or one of them; the first city's in-house systems stand in either, and what they
owe to a system of the half that is not there waits. The core's keys sign the master of
every network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pki.names import StationName
from schemas import systems
from schemas.matching_list import REQUESTER_KINDS

CITY = "102024"
"""高崎市."""
SECOND_CITY = "112020"
"""熊谷市."""
NEIGHBOUR_CITY = "102016"
"""前橋市: of the first city's prefecture, with a CS and nothing else."""
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
NEIGHBOUR_CS = StationName(NEIGHBOUR_CITY, "municipal_cs")
PREFECTURAL_SERVER = StationName(PREFECTURE, "prefectural_server")
IMPOSTOR = StationName(IMPOSTOR_PREFECTURE, "prefectural_server")
NATIONAL_SERVER = StationName("J00001", "national_server")
JLIS = StationName("J00001", "jlis")
CARD_MANAGEMENT = StationName("J00001", "individual_number_card_management_system")
JUSTICE = StationName("M00001", "ministry_of_justice")
JUSTICE_TERMINAL = StationName(CITY, "ministry_of_justice_link_terminal")
REGISTER = StationName(CITY, "existing_resident_system")
REGISTER_TERMINAL = StationName(CITY, "existing_resident_terminal")
"""It has keys and no process: it is whoever sits there."""
SHOPS = StationName(CITY, "convenience_store_issuance_system")
SHOPS_CENTER = StationName("V00001", "convenience_store_issuance_center")
PORTAL = StationName("D00001", "service_search_online_application")

DAEMON_ROLES = frozenset(
    {"information_provision_network_system", "intermediate_server", "municipal_cs"}
)


class Half(Enum):
    """Which part of the whole a network is, or to which part somebody belongs."""

    ALL = "all"
    RESIDENT = "resident"
    """The register network (住基ネット): CSs, servers, what stands beside them."""
    LINKAGE = "linkage"
    """Information linkage (情報連携): core, intermediate servers, who asks them."""


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
    half: Half = Half.ALL
    """Where it is made; everywhere if it belongs to both."""
    listens: bool = False
    """An in-house system that runs, and takes plain messages at a port of its own."""


def requester_organisation(kind: str) -> str:
    """The invented organisation code of a requester of the matching list."""
    if kind == MAYOR:
        return SECOND_CITY
    return f"Q{list(REQUESTER_KINDS).index(kind) + 1:05d}"


def requester(kind: str) -> StationName:
    """The station that asks for the requester ``kind``."""
    return StationName(requester_organisation(kind), "intermediate_server")


def parties(network: Half = Half.ALL) -> tuple[Party, ...]:
    """Everybody in such a network, in the order in which they are brought up."""
    return tuple(
        one
        for one in _parties()
        if network is Half.ALL or one.half in (Half.ALL, network)
    )


def _parties() -> Iterator[Party]:
    yield Party(CORE, "情報提供ネットワークシステム", "core", half=Half.LINKAGE)
    yield from _city(CITY, "高崎市", "city", (), runs=True)
    yield from _city(SECOND_CITY, "熊谷市", "second-city", (MAYOR,), runs=False)
    yield from _neighbour()
    for kind, row in REQUESTER_KINDS.items():
        if kind == MAYOR:
            continue
        code = requester_organisation(kind)
        label = row.japanese[:20]
        yield from _asking(code, label, "requesters", (kind,))
        business = StationName(code, systems.BUSINESS)
        yield Party(
            business, f"{label} 業務", "inside", tls_only=True, half=Half.LINKAGE
        )
    for name, label, process in _PEERS:
        yield Party(name, label, process, half=Half.RESIDENT)
    yield Party(
        JUSTICE_TERMINAL,
        "高崎市 法務省連携端末",
        "house",
        half=Half.RESIDENT,
        listens=True,
    )
    yield Party(SHOPS, "高崎市 コンビニ交付", "house", listens=True)
    yield Party(SHOPS_CENTER, "コンビニ交付センター", "house", listens=True)
    yield Party(REGISTER_TERMINAL, "高崎市 既存住基端末", "inside", tls_only=True)
    for role, label in _IN_HOUSE.items():
        name = PORTAL if role == PORTAL.role else StationName(CITY, role)
        yield Party(name, label, "house", tls_only=True, listens=True)


_PEERS = (
    (PREFECTURAL_SERVER, "群馬県", "prefecture"),
    (IMPOSTOR, "埼玉県（認証できない）", "prefecture"),
    (NATIONAL_SERVER, "全国サーバ", "peers"),
    (JLIS, "地方公共団体情報システム機構", "peers"),
    (CARD_MANAGEMENT, "個人番号カード管理システム", "peers"),
    (JUSTICE, "法務省", "peers"),
)

_IN_HOUSE = {
    systems.ADDRESSEE: "高崎市 団体内統合宛名",
    systems.PLATFORM: "高崎市 共通基盤",
    systems.FAMILY_REGISTER: "高崎市 戸籍",
    systems.SEALS: "高崎市 印鑑登録",
    systems.TAX: "高崎市 税務",
    systems.PORTAL: "サービス検索・電子申請",
}
"""What runs beside the stations in every network, with keys for TLS alone."""


def _city(
    code: str, label: str, process: str, kinds: tuple[str, ...], *, runs: bool
) -> Iterator[Party]:
    """A city's stations and the systems at their inside listeners.

    Where nothing of the house ``runs``, whoever holds the keys speaks for it.
    """
    yield from _asking(code, f"{label} 中間サーバ", process, kinds)
    existing = StationName(code, systems.EXISTING)
    yield Party(
        StationName(code, systems.CS),
        f"{label} 市町村CS",
        process,
        inside=existing,
        half=Half.RESIDENT,
    )
    house, register = ("house", "register") if runs else ("inside", "inside")
    terminal, linkage = Half.RESIDENT, Half.ALL if runs else Half.LINKAGE
    for name, title, by, half in (
        (StationName(code, systems.BUSINESS), "業務", house, linkage),
        (existing, "既存住基", register, Half.ALL if runs else Half.RESIDENT),
        (terminal_of(code), "統合端末", house, terminal),
    ):
        yield Party(
            name, f"{label} {title}", by, tls_only=True, half=half, listens=runs
        )


def _neighbour() -> Iterator[Party]:
    """Another city of the first one's prefecture: its CS, in the same process."""
    register = StationName(NEIGHBOUR_CITY, systems.EXISTING)
    yield Party(
        NEIGHBOUR_CS,
        "前橋市 市町村CS",
        "second-city",
        inside=register,
        half=Half.RESIDENT,
    )
    yield Party(
        register, "前橋市 既存住基", "inside", tls_only=True, half=Half.RESIDENT
    )


def _asking(
    code: str, label: str, process: str, kinds: tuple[str, ...]
) -> Iterator[Party]:
    """An intermediate server, with the business system that uses it."""
    yield Party(
        StationName(code, systems.INTERMEDIATE),
        label,
        process,
        kinds,
        inside=StationName(code, systems.BUSINESS),
        half=Half.LINKAGE,
    )


def terminal_of(organisation: str) -> StationName:
    """The register network's own terminal (統合端末) at a municipality."""
    return StationName(organisation, "integrated_terminal")


def prefecture_of(organisation: str) -> str:
    """The prefecture that a city's CS notifies."""
    near = organisation[:2] == PREFECTURE[:2]
    return PREFECTURE if near else IMPOSTOR_PREFECTURE
