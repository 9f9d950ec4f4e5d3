# SPDX-License-Identifier: Apache-2.0
"""既存住民基本台帳システム: the resident register that a city already has, simulated.

Pure of any network: `Register.open` gives its desks. Fictional people and numbers of
the simulation realm only; what looks like a real number is refused.
"""

from simulators.register.errors import RegisterError
from simulators.register.register import Register

__all__ = ["Register", "RegisterError"]
