# SPDX-License-Identifier: Apache-2.0
"""A whole network on one desk: its parties, its files, its processes and its story."""
