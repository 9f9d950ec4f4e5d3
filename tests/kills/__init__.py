# SPDX-License-Identifier: Apache-2.0
"""Stations that are killed at seeded instants, and what must be true after it."""
