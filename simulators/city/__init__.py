# SPDX-License-Identifier: Apache-2.0
"""The in-house systems of a city, and those that they speak to, simulated.

Each is a small class with its own store: addressee system, common platform, business
systems, tax, seals, family register, convenience stores and their center, application
portal, and the terminals. Pure of any network: bytes and a sender in, an answer out,
and messages owed. `simulators.city.door` gives any of them a face over mutual TLS.

Fictional people and numbers of the simulation realm only; what looks like a real number
is refused.
"""
