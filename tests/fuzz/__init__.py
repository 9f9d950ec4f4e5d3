# SPDX-License-Identifier: Apache-2.0
"""Every parser under bytes that nobody meant: one target each."""
