# SPDX-License-Identifier: Apache-2.0
"""May this message pass? Pure: same message, same station, same moment, same answer."""
