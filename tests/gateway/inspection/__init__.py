# SPDX-License-Identifier: Apache-2.0
"""Tests of `sekisho inspect`: examples, messages of the daemon, and damaged bytes."""
