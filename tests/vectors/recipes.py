# SPDX-License-Identifier: Apache-2.0
"""Every vector, in the order of the manifest."""

from typing import Final

from tests.vectors import (
    refusals,
    sealed_algorithms,
    sealed_profile,
    sealed_spelling,
    signed_algorithms,
    signed_profile,
    signed_spelling,
    signed_values,
)
from tests.vectors.vector import Vector

RECIPES: Final = (
    signed_profile,
    signed_algorithms,
    signed_values,
    signed_spelling,
    sealed_profile,
    sealed_algorithms,
    sealed_spelling,
    refusals,
)
VECTORS: Final[tuple[Vector, ...]] = tuple(
    vector for recipe in RECIPES for vector in recipe.VECTORS
)
