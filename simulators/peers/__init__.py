# SPDX-License-Identifier: Apache-2.0
"""The peers of a municipal CS, played: prefecture, national server, J-LIS, cards, MoJ.

Each is one `station.PeerStation` around one `system.System`. The station judges what
comes as strictly as a gateway would and answers it; the system says what the message
does to its own store. Each has a history to assert on, faults on demand, and a
management API that answers to the holder of its own keys alone.

    judge        may this message be taken?
    station      the life of one message, in and answered
    outbox       what a system owes others, until they have it
    history      what happened, in JSON lines without personal data
    persons      who is kept, matched by resident record code
    checks       整合性確認, as a stream
    prefecture, national, jlis, cards, justice    the five systems
    play         their files and processes
    hand         management, from the other side
"""
