# SPDX-License-Identifier: Apache-2.0
"""The record's Merkle log, in the formats of C2SP that others' tools read.

Arithmetic and texts alone: what is stored, signed and when is decided elsewhere.
`merkle` is RFC 6962's tree, `tiles` how it lies in files, `note` a signed text,
`checkpoint` the head of a log as such a text, `proof` one entry proven in one file,
`policy` who must have signed and co-signed, `witness` how a co-signature is asked for.
"""
