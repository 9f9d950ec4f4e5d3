# SPDX-License-Identifier: Apache-2.0
"""The in-house systems of a city."""
