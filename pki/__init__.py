# SPDX-License-Identifier: Apache-2.0
"""Whom to believe: keys, certificates, trust, and the signing and sealing of messages.

Knows no other room of the house. Its only input and output are key stores and the
files of an authority; it owns no clock (the moment is an argument) and no socket.
"""
