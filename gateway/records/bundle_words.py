# SPDX-License-Identifier: Apache-2.0
"""What a proof bundle tells its reader, who may have nothing but it and the keys."""

from typing import Final

_WHOLE: Final = (
    "範囲内のすべての記録が含まれています。欠けているものがあれば検証で分かります。",
    "Every record of the range is here. If one were missing, the check would say so.",
)
_SELECTED: Final = (
    "選ばれた記録だけが含まれています。選ばれなかった記録については何も証明しません。",
    "Only selected records are here. Nothing is proven about those not selected.",
)
_TEXT: Final = """\
送信記録の証明書類 / Proof bundle of a send record

記録 / log: {origin}

{whole_ja}
{whole_en}

■ 中身

  bundle.json    この書類が何であるか(範囲、件数)
  checkpoint     署名された記録の先頭(Ed25519、C2SP signed-note)
  policy         どの鍵を信じるかの案(鍵は別の経路で確かめてください)
  proofs/        記録ごとに一つの証明(C2SP tlog-proof)。extra 行に塩(32バイト)と
                 記録の本文(JSON)が入っています
  evidence/      相手が署名したもの(ある場合)。本文にそのSHA-256があります
  stamp/         RFC 3161 タイムスタンプ(ある場合)。stamp/data を対象とします
  SHA256SUMS     各ファイルのSHA-256

■ 確かめ方

  sekisho records verify --bundle この書類 --key 記録の公開鍵
  sekisho records verify --bundle この書類 --policy 信じる鍵のファイル --tsa 認証局.pem

他の道具でも確かめられます。「sha256sum -c SHA256SUMS」でファイルを、C2SPの道具で
各証明を、「openssl ts -verify -data stamp/data -in stamp/token -token_in -CAfile
認証局.pem」でタイムスタンプを検証できます。公開鍵は、この書類とは別の経路で
受け取ってください。書類の中の policy を信じてはいけません。

記録に個人の氏名や番号はありません。同じ人についての記録であることだけが、鍵付きの
符号から分かります。

■ What is in it

  bundle.json    what this bundle is (range, number)
  checkpoint     the signed head of the log (Ed25519, C2SP signed-note)
  policy         whose keys to believe, as the station says (get the keys another way)
  proofs/        one proof for each record (C2SP tlog-proof); the line "extra" holds the
                 salt (32 bytes) and then what was recorded (JSON)
  evidence/      what peers signed, if it is here; the record holds its SHA-256
  stamp/         an RFC 3161 time-stamp over stamp/data, if there is one
  SHA256SUMS     the SHA-256 of each file

■ How to check it

  sekisho records verify --bundle THIS --key KEY-OF-THE-LOG
  sekisho records verify --bundle THIS --policy WHOM-YOU-BELIEVE --tsa ROOTS.pem

Other tools do it, too: "sha256sum -c SHA256SUMS" for the files, tools of C2SP for each
proof, "openssl ts -verify -data stamp/data -in stamp/token -token_in -CAfile ROOTS.pem"
for the time-stamp. Get the public keys by another way than this bundle, and do not
believe the policy in it.

No record holds a name or number of a person. A keyed tag tells only that two records
are about the same one.
"""


def readme(origin: str, *, whole: bool) -> str:
    """The text for a bundle of that log."""
    ja, en = _WHOLE if whole else _SELECTED
    return _TEXT.format(origin=origin, whole_ja=ja, whole_en=en)
