# SPDX-License-Identifier: Apache-2.0
"""What each role does with a message that its rules let through."""
