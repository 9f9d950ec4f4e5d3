# SPDX-License-Identifier: Apache-2.0
"""The closed networks on a laptop: every peer and system, and fictional residents."""
