# SPDX-License-Identifier: Apache-2.0
"""Object identifiers by name, ours and those of the RFCs that we use.

Dotted text, because it can be compared, logged and printed; ``pki/der.py`` has the
DER type. Ours stand under ``ARC``, a UUID arc (X.667: 2.25 and the UUID as a number),
which needs no registration. A number once given is never given to another meaning.
"""

from typing import Final

ARC: Final = "2.25.286922396583979950166318567067431372054"

# Content types of what we sign (RFC 5652, eContentType): a signature over one kind
# of value can never be shown as a signature over another kind.
ID_CT_HEADER: Final = f"{ARC}.1.1"
ID_CT_PERMIT: Final = f"{ARC}.1.2"
ID_CT_ROUTE: Final = f"{ARC}.1.3"
ID_CT_RECEIPT: Final = f"{ARC}.1.4"
ID_CT_REFUSAL: Final = f"{ARC}.1.5"
ID_CT_MASTER: Final = f"{ARC}.1.6"
ID_CT_MEDIA_MANIFEST: Final = f"{ARC}.1.7"
ID_CT_MEDIA_PART: Final = f"{ARC}.1.8"
ID_CT_RECONCILE_REQUEST: Final = f"{ARC}.1.9"
ID_CT_RECONCILE_ANSWER: Final = f"{ARC}.1.10"

# Policies of what a TEST network's time-stamp authority says (RFC 3161).
ID_POLICY_TEST_TIME: Final = f"{ARC}.3.1"

# Extended key usages: one key, one purpose.
ID_KP_SIGNING: Final = f"{ARC}.2.1"
ID_KP_SEALING: Final = f"{ARC}.2.2"
ID_KP_PERMIT: Final = f"{ARC}.2.3"
ID_KP_RECORD: Final = f"{ARC}.2.4"

# CMS content types (RFC 5652, RFC 5083).
ID_DATA: Final = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
ID_CT_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
ID_CT_AUTH_ENVELOPED_DATA: Final = "1.2.840.113549.1.9.16.1.23"

# Signed attributes (RFC 5652 section 11, RFC 5035).
ID_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
ID_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
ID_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
ID_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

# Algorithms; what each is for and why it was chosen: pki/algorithms.py.
ID_SHA256: Final = "2.16.840.1.101.3.4.2.1"
ID_ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
ID_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
ID_SECP256R1: Final = "1.2.840.10045.3.1.7"
ID_STD_DH_SHA256_KDF: Final = "1.3.132.1.11.1"
ID_AES256_WRAP: Final = "2.16.840.1.101.3.4.1.45"
ID_AES256_GCM: Final = "2.16.840.1.101.3.4.1.46"

# What time-stamp authorities of others may sign with besides: pki/timestamp.py.
ID_SHA384: Final = "2.16.840.1.101.3.4.2.2"
ID_SHA512: Final = "2.16.840.1.101.3.4.2.3"
ID_ECDSA_WITH_SHA384: Final = "1.2.840.10045.4.3.3"
ID_ECDSA_WITH_SHA512: Final = "1.2.840.10045.4.3.4"
ID_RSA: Final = "1.2.840.113549.1.1.1"
ID_RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
ID_RSA_WITH_SHA384: Final = "1.2.840.113549.1.1.12"
ID_RSA_WITH_SHA512: Final = "1.2.840.113549.1.1.13"
