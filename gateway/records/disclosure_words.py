# SPDX-License-Identifier: Apache-2.0
"""What a disclosure says in Japanese: events, types, systems, outcomes.

Only fixed words. What an operator wrote (a reason, a remark) never comes into a
disclosure: it may name others, such as those from whom somebody is protected, and it is
how the office came to its decision and not what was done with the person's information.
"""

from collections.abc import Mapping
from typing import Final

from gateway.records.event import EventKind

KINDS: Final[Mapping[EventKind, str]] = {
    EventKind.ATTEMPTED: "送信することを記録した",
    EventKind.SENT: "送信した",
    EventKind.RECEIVED: "受領した",
    EventKind.REPEATED: "同じ電文を再び受領した(処理は一度だけ)",
    EventKind.REFUSED: "受け付けなかった(拒否)",
    EventKind.HELD: "自動では応答せず、職員の確認のため保留した",
    EventKind.RELEASED: "職員が内容を確認し、提供すると決めた",
    EventKind.DECLINED: "職員が内容を確認し、提供しないと決めた",
    EventKind.LAPSED: "期限までに提供されなかった",
    EventKind.FETCHED: "庁内のシステムが受け取った",
    EventKind.ERASED: "この局から消去した",
    EventKind.WITHDRAWN: "送信する前に取りやめた",
    EventKind.RECEIPTED: "相手が受領した",
    EventKind.ANSWERED: "相手が直ちに回答した",
    EventKind.FAILED: "相手に届かなかった、又は相手が受け付けなかった",
    EventKind.LINK_REFUSED: "認証できない相手との接続を断った",
    EventKind.IMPORTED: "副本を登録した",
    EventKind.OPERATOR: "職員が取り扱った",
    EventKind.RESTORED: "記録をバックアップから戻した",
    EventKind.LEARNED: "バックアップから戻した後、相手の記録から知った",
}
UNSENT: Final = "相手を確認できず、送信しなかった"
"""A refusal that was ours."""
ACTS: Final[Mapping[str, str]] = {
    "hold viewed": "職員が、保留した提供内容を閲覧した",
    "copy viewed": "職員が、副本を閲覧した",
    "outbox retry": "職員が、送信のやり直しを指示した",
    "outbox give-up": "職員が、送信の取りやめを指示した",
    "disclosure": "本人等への開示のため、職員がこの記録を取り出した",
    "disclosure refused": "開示の要件が整わず、開示しなかった",
    "shown": "職員が、本人確認情報を検索し閲覧した",
}
"""By how the record of an act begins; any other is told in general words."""

TYPES: Final[Mapping[str, str]] = {
    "identity_information_update_notice": "本人確認情報の更新の通知",
    "identity_confirmation_request": "本人確認の要求",
    "identity_confirmation_result": "本人確認の結果",
    "identity_information_search_request": "本人確認情報の検索の要求",
    "identity_information_search_result": "本人確認情報の検索の結果",
    "jlis_identity_information_inquiry": "機構への本人確認情報の照会",
    "jlis_identity_information_response": "機構からの本人確認情報の回答",
    "individual_number_generation_request": "個人番号の生成の求め",
    "individual_number_generation_response": "生成された個人番号の通知",
    "move_out_certificate_information": "転出証明書情報",
    "move_out_certificate_resend_request": "転出証明書情報の再送の求め",
    "move_in_notice": "転入通知",
    "wide_area_issuance_request": "住民票の写しの広域交付の請求",
    "wide_area_issuance_reply": "住民票の写しの広域交付の回答",
    "family_register_supplement_information": "戸籍の附票の記載事項の通知",
    "family_register_supplement_mismatch": "戸籍の附票の記載事項の不一致の通知",
    "consistency_check_information": "整合性の確認のための本人確認情報",
    "consistency_check_result": "整合性の確認の結果",
    "sending_destination_notice": "送付先情報の通知",
    "card_management_information_update_request": "カード管理情報の更新の求め",
    "card_status_notice": "個人番号カードの状態の通知",
    "information_inquiry_request": "庁内システムからの照会の依頼",
    "information_inquiry": "情報照会",
    "information_inquiry_acceptance": "情報照会の受付",
    "provision_order": "情報提供の求め(許可証付き)",
    "information_provision": "特定個人情報の提供",
    "provision_lapse": "提供しない旨の通知",
    "provision_notice": "提供の結果の通知",
    "permit_renewal_request": "許可証の更新の求め",
    "permit_renewal": "許可証の更新",
    "permit_notice": "許可証の通知",
    "inquiry_refusal": "情報照会を受け付けない旨の通知",
    "personal_identifier_code_issue_request": "符号の取得の求め",
    "personal_identifier_code_notice": "符号の通知",
    "personal_identifier_code_request": "符号の取得の求め",
    "foreign_resident_notice": "出入国在留管理庁からの通知",
    "foreign_resident_change_notice": "外国人住民に係る変更の通知",
    "convenience_store_issuance_request": "コンビニ交付の請求",
    "convenience_store_issuance_reply": "コンビニ交付の回答",
}
SYSTEMS: Final[Mapping[str, str]] = {
    "information_provision_network_system": "情報提供ネットワークシステム",
    "intermediate_server": "中間サーバー",
    "municipal_cs": "市町村ＣＳ",
    "prefectural_server": "都道府県サーバ",
    "national_server": "全国サーバ",
    "jlis": "地方公共団体情報システム機構",
    "individual_number_card_management_system": "個人番号カード管理システム",
    "individual_business_system": "個別業務システム",
    "existing_resident_system": "既存住基システム",
    "integrated_terminal": "統合端末",
    "group_integrated_addressee_system": "団体内統合宛名システム",
    "convenience_store_issuance_center": "証明書交付センター",
    "convenience_store_issuance_system": "コンビニ交付システム",
    "ministry_of_justice": "法務省",
    "ministry_of_justice_link_terminal": "法務省連携端末",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "provided": "提供した",
    "received": "提供を受けた",
    "lapsed": "提供しなかった(期限の経過等)",
    "refused": "提供しなかった(要件を満たさず拒否)",
    "declined": "提供しなかった(職員が確認して決定)",
    "undelivered": "送信したが、届いたことを確認できない",
    "turned_away": "送信したが、相手が受け付けなかった(情報は相手に届いた可能性がある)",
    "held": "職員の確認を待っている(保留中)",
    "in_progress": "処理中",
    "recorded": "記録のみ",
}
LEFT_OUT: Final = (
    "職員の氏名、職員が記した理由・備考は、第三者に関する情報や事務の過程を含み得るため"
    "掲載していません。",
    "提供した情報の内容そのものは、この記録には保存されていません。",
    "保存期間(7年)を過ぎて消去した月の記録は含まれません。",
    "情報提供ネットワークシステム及び相手の機関にも、それぞれの記録があります"
    "(番号法第23条)。",
)


def peer_name(peer: str) -> str:
    """``organisation/role`` in words; the organisation's code stays."""
    organisation, _, role = peer.partition("/")
    return f"{organisation} {SYSTEMS.get(role, role)}".strip()
