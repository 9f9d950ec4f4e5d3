# SPDX-License-Identifier: Apache-2.0
"""Captures: what is replaced, what is kept, and what is said again."""
