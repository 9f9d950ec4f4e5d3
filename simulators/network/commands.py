# SPDX-License-Identifier: Apache-2.0
"""`sekisho` commands, many of them, without starting Python for each.

A story looks at the records as an operator does, by commands, and it looks often. So
one process loads every command once; for each that is asked for it makes a copy of
itself (`fork`), which runs it and ends. What is on the two streams and how it ended is
as if the command had been typed.

    one line in     {"words": ["records", "list", "--json"], "text": ""}
    one line out    {"status": 0, "out": "…", "err": "…"}
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import IO, Any, Final, NoReturn

COMMANDS: Final = "sekisho.commands"
SECONDS: Final = 60.0
"""For one command."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it wrote."""

    status: int
    out: str = field(repr=False)
    err: str = field(repr=False)


class CommandFailed(RuntimeError):
    """A command ended with another status than 0, or did not end."""


class Commands:
    """The process that has loaded them; made when the first command is asked for."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def run(self, *words: str, text: str = "") -> Done:
        """Run one command with ``text`` on its standard input; raises `CommandFailed`.

        That it ended badly is no failure here: whoever asks may want just that.
        """
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            timer = threading.Timer(SECONDS, process.kill)
            timer.start()
            try:
                process.stdin.write(json.dumps({"words": words, "text": text}) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except OSError:
                line = ""
            finally:
                timer.cancel()
            if not line:
                self.close()
                raise CommandFailed(f"sekisho {words[0]}: it gave no answer")
        return Done(**json.loads(line))

    def close(self) -> None:
        """No more commands."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C reaches whoever asks alone
            )
        return self._process


# -- in that process -------------------------------------------------------------------


def _serve() -> None:
    (launcher,) = entry_points(group="console_scripts", name="sekisho")
    main = launcher.load()
    for point in entry_points(group=COMMANDS):
        point.load()
    for line in sys.stdin:
        asked = json.loads(line)
        done = json.dumps(_done(main, asked["words"], asked["text"]))
        try:
            print(done, flush=True)
        except BrokenPipeError:  # nobody asks any more
            os._exit(0)


def _done(main: Any, words: list[str], text: str) -> dict[str, Any]:
    """What one command did, in a copy of this process."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(text.encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            _run(main, words, (given, out, err))
        _, ended = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(ended)
        return {"status": status, "out": _read(out), "err": _read(err)}


def _run(main: Any, words: list[str], streams: tuple[IO[bytes], ...]) -> NoReturn:
    """Be the command; nothing of the process that this is a copy of goes on."""
    status = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        main(args=words, prog_name="sekisho")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


if __name__ == "__main__":
    _serve()
