# SPDX-License-Identifier: Apache-2.0
"""The durable store of one station: what happened, what is owed, what waits.

One SQLite file holds the record of events and everything that a station must not
forget. A daemon writes through `journal` (many works, one commit) and reads over a
second connection; the command line reads and decides holds at the same time, from a
process of its own. What could tell about a person is sealed or is a keyed tag.
"""
