# SPDX-License-Identifier: Apache-2.0
"""Tests of the peers that simulators play, with two real TLS ends."""
