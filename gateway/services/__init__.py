# SPDX-License-Identifier: Apache-2.0
"""What runs: Twisted lives here and nowhere else in the gateway, and so do clocks.

A service moves bytes, waits and times out. What a message means is decided elsewhere.
"""
