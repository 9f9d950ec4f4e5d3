# SPDX-License-Identifier: Apache-2.0
"""One act at a desk: who does it, may they, on record before and after, then its work.

Where the register has accounts, a session says who it is, and ``checked_session`` who
the second person is; else whoever stands in ``by`` is taken at their word.
"""

from collections.abc import Iterator
from typing import Any, Final

from simulators.register import Register, RegisterError
from simulators.register.basis import Operator
from simulators.register.errors import NotAllowed
from simulators.register.operations import DONE, REFUSED
from simulators.register.record import ResidentRecord
from simulators.register.service import at_counter, at_manager, at_office
from simulators.register.service.strict import Act, arguments, read
from simulators.register.staff import LOGIN

ACTS: Final[dict[str, Act]] = {
    **at_counter.ACTS,
    **at_office.ACTS,
    **at_manager.ACTS,
}
"""Everything that can be asked for, by its name."""
_SESSIONS: Final = {"by": "session", "checked_by": "checked_session"}
NOBODY: Final = Operator("nobody", "door")
"""Who has no session yet."""


def do(register: Register, name: str, body: bytes) -> Any:
    """Do it; raises `RegisterError`."""
    act = ACTS[name]
    given = read(body)
    known = _operators(register, act, given)
    values = {**arguments(act, given, known), **known}
    number = register.operations.begin(values.get("by", NOBODY), name)
    try:
        result = act.work(register, **values)
    except RegisterError:
        register.operations.end(number, REFUSED, _records(given))
        raise
    register.operations.end(number, DONE, {*_records(given), *_records(result)})
    return {} if result is None else result


def _operators(
    register: Register, act: Act, given: dict[str, Any]
) -> dict[str, Operator]:
    """Those whom sessions name; ``given`` keeps what is left to read."""
    if act.right == at_manager.OPEN or not register.staff.needed:
        return {}
    found = {}
    for name, session in _SESSIONS.items():
        if name in act.hints:
            token = given.pop(session, None)
            if name in given or not isinstance(token, str):
                raise NotAllowed(LOGIN)
            found[name] = register.staff.who(token, act.right)
    return found


def _records(value: Any) -> Iterator[int]:
    """The numbers of records that a request or a result names."""
    if isinstance(value, ResidentRecord):
        yield value.number
    elif isinstance(value, dict):
        for name, held in value.items():
            if name in {"record", "records"}:
                yield from _numbers(held)
            else:
                yield from _records(held)


def _numbers(held: Any) -> Iterator[int]:
    for one in held if isinstance(held, list | tuple) else (held,):
        if isinstance(one, int) and 0 < one < 2**63:
            yield one
        else:
            yield from _records(one)
