# SPDX-License-Identifier: Apache-2.0
"""Measures: each figure stands beside the limit that was measured in the same run.

The gateway under test is the daemon itself, a process of its own on one processor
core, with keys, store and links as in earnest; the other side of the network is played
by `bench.driver` on another core. Nobody imports this room.
"""
