# SPDX-License-Identifier: Apache-2.0
"""A city as a stream: filled, cut off, gone on with, checked; small enough to test."""
