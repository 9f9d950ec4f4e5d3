# SPDX-License-Identifier: Apache-2.0
"""The scenarios that come with the simulator, one TOML file for each."""
