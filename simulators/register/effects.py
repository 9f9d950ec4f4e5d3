# SPDX-License-Identifier: Apache-2.0
"""Which form does what, and on what it may rest: one table.

A form that is not in it cannot be entered. The basis is checked first, so no effect is
worked out for what rests on nothing (R-002).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from simulators.register import effects_coming as coming
from simulators.register import effects_homes as homes
from simulators.register import effects_leaving as leaving
from simulators.register import effects_life as life
from simulators.register import forms
from simulators.register.basis import Kind, basis_faults
from simulators.register.errors import EntryRefused
from simulators.register.work import Effect, Work

_NOTIFIED: Final = frozenset({Kind.NOTIFICATION})
_DECIDED: Final = frozenset({Kind.EX_OFFICIO})
_EITHER: Final = _NOTIFIED | _DECIDED


class _Row(NamedTuple):
    bases: frozenset[Kind]
    effect: Callable[[Any, Work], Effect]


TABLE: Final[Mapping[type[forms.Form], _Row]] = MappingProxyType(
    {
        forms.MoveIn: _Row(_NOTIFIED, coming.move_in),
        forms.SpecialMoveIn: _Row(_NOTIFIED, coming.special_move_in),
        forms.EnterExOfficio: _Row(_DECIDED, coming.enter_ex_officio),
        forms.Birth: _Row(_NOTIFIED, life.birth),
        forms.Death: _Row(_EITHER, life.death),
        forms.MoveOut: _Row(_NOTIFIED, leaving.move_out),
        forms.MoveOutCancellation: _Row(_NOTIFIED, leaving.cancel_move_out),
        forms.MoveWithin: _Row(_NOTIFIED, homes.move_within),
        forms.HouseholdChange: _Row(_EITHER, homes.change_household),
        forms.FamilyRegisterChange: _Row(_EITHER, life.family_register_change),
        forms.ChangeExOfficio: _Row(_DECIDED, life.change_ex_officio),
        forms.Correction: _Row(_EITHER, life.correction),
        forms.MinorCorrection: _Row(_DECIDED, life.minor_correction),
        forms.BuildingRename: _Row(_DECIDED, life.rename_building),
        forms.RemoveExOfficio: _Row(_DECIDED, life.remove_ex_officio),
        forms.Naturalisation: _Row(_EITHER, life.naturalisation),
        forms.NumberChange: _Row(_EITHER, life.change_number),
        forms.CodeChange: _Row(_NOTIFIED, life.change_code),
        forms.Revision: _Row(_DECIDED, life.revise),
    }
)
"""Every form."""


def effect_of(form: forms.Form, work: Work) -> Effect:
    """What a form does to the register as it stands; raises `EntryRefused`."""
    row = TABLE[type(form)]
    faults = basis_faults(form.basis, row.bases, work.today)
    if faults:
        raise EntryRefused(*faults)
    return row.effect(form, work)
