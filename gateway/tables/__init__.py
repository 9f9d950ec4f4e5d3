# SPDX-License-Identifier: Apache-2.0
"""Official tables that a customer has and this program may not carry.

Codes of municipalities, codes of procedures and of items of personal information, data
layouts, characters. They are read from CSV (`reading`), checked against what is known
of each kind (`kinds`), kept as versions that nobody changes (`folder`), and asked where
a station decides (`in_use`). A station without tables decides as if there were none.
"""
