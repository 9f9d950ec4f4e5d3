# SPDX-License-Identifier: Apache-2.0
"""Tests of this part of the house; what is shared stands in its conftest."""
