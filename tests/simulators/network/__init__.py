# SPDX-License-Identifier: Apache-2.0
"""Tests of the network that runs on one machine."""
