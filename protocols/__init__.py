# SPDX-License-Identifier: Apache-2.0
"""How it is said: bytes in, values out; no socket, clock, database or Twisted."""
