# SPDX-License-Identifier: Apache-2.0
"""The ways in for existing systems, against a made-up station and against real ones."""
