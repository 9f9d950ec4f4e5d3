# SPDX-License-Identifier: Apache-2.0
"""Captures what a vendor's system says to its station, as a scenario of nobody.

A relay on loopback stands between the two in a TEST network (`relay`). Before anything
of it is kept, every value that could be about a person is another one (`replaced`,
`fiction`); what it does not know it replaces, too. What is written (`written`) is a
scenario, which `simulators.scenario.at_capture` says again, in any network.
"""
