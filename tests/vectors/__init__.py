# SPDX-License-Identifier: Apache-2.0
"""Messages as files, each with its recipe and what a station must say of it."""
