# SPDX-License-Identifier: Apache-2.0
"""Daemons as an operator has them: real processes, signals, files and a full disk."""
