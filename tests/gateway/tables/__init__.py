# SPDX-License-Identifier: Apache-2.0
"""Official tables: reading, versions, and what a station asks of them."""
