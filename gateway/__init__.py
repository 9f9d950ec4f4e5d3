# SPDX-License-Identifier: Apache-2.0
"""The daemon: one organisation's station between its own systems and its peers."""
