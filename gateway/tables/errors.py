# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with official tables. No text repeats what stood in a file."""


class TablesRefused(Exception):
    """An official table cannot be taken over or used.

    The text names file, line and column, and what to do. Nothing was changed: what was
    in force before stays in force.
    """
