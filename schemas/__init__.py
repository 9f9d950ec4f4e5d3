# SPDX-License-Identifier: Apache-2.0
"""What may be said: message types, their payloads, and the lists they rest on.

The room knows nobody. It holds one row per message type (`catalogue`), the one
hardened XML parser (`xml`, behind the gate of `markup`), the XSDs compiled once
(`payload`), a frozen value with a reader and a writer per type (`messages`), and
the reference lists as data (`matching_list`, `record_fields`). The layouts are this
project's own: those of the real networks are not public.

Law: what a writer wrote can always be read, and reads as the same value. Anything but
`SchemaError` that comes out of reading is a bug. Text is never normalised: the code
points that were signed are the code points that are read. No clock, no network, no
Twisted.
"""
