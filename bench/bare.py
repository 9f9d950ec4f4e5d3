# SPDX-License-Identifier: Apache-2.0
"""What a city's bytes cost where nothing is done about them.

Two limits: rows of the same size into an SQLite file that is as durable as a store,
with nothing but a key; and the same bytes over one TLS 1.3 link on this machine.
Whatever a system does beyond that, such as checking, sealing and indexing, is its own.
"""

import os
import socket
import sqlite3
import ssl
import statistics
import threading
import time
from contextlib import closing
from pathlib import Path

BATCH = 2_000
"""Rows of one commit."""
MOST = 50_000
"""Rows that are written; the rate of more is the same."""
BLOCK = bytes(64 * 1024)
TLS_BYTES = 256 * 1024 * 1024
"""That are sent, at most."""


def insert_rate(folder: Path, rows: int, size: int) -> float:
    """Rows of ``size`` bytes a second, each findable by a key of 32 bytes."""
    rows, data = min(rows, MOST), os.urandom(size)
    with closing(_bare(folder / "bare-insert.sqlite")) as db:
        begun = time.perf_counter()
        for start in range(0, rows, BATCH):
            db.execute("BEGIN IMMEDIATE")
            keys = (os.urandom(32) for _ in range(start, min(start + BATCH, rows)))
            db.executemany("INSERT INTO bare VALUES (?, ?)", ((k, data) for k in keys))
            db.execute("COMMIT")
        return rows / (time.perf_counter() - begun)


def search_milliseconds(folder: Path, rows: int, size: int, times: int) -> float:
    """The median time to fetch one of so many rows by its key."""
    path, rows = folder / "bare-search.sqlite", min(rows, MOST)
    keys = [os.urandom(32) for _ in range(rows)]
    with closing(_bare(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        data = os.urandom(size)
        db.executemany("INSERT INTO bare VALUES (?, ?)", ((key, data) for key in keys))
        db.execute("COMMIT")
        took = []
        for place in range(times):
            key = keys[place * 7919 % rows]
            begun = time.perf_counter()
            db.execute("SELECT data FROM bare WHERE key = ?", (key,)).fetchone()
            took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1e3


def commit_milliseconds(folder: Path, times: int) -> float:
    """The median time of one durable commit of one small row."""
    took = []
    with closing(_bare(folder / "bare-commit.sqlite")) as db:
        for _ in range(times):
            begun = time.perf_counter()
            db.execute("INSERT INTO bare VALUES (?, x'00')", (os.urandom(32),))
            took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1e3


def _bare(path: Path) -> sqlite3.Connection:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {pragma}")
    db.execute(
        "CREATE TABLE bare (key BLOB NOT NULL UNIQUE, data BLOB NOT NULL) STRICT"
    )
    return db


def tls_seconds(pair: tuple[Path, Path], chain: Path, size: int) -> float:
    """Seconds for so many bytes over one TLS 1.3 link from this process to itself."""
    sent = min(size, TLS_BYTES)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*pair)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.load_verify_locations(chain)
    for context in (serving, asking):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader = threading.Thread(target=_read, args=(listening, serving, sent))
        reader.start()
        with (
            socket.create_connection(listening.getsockname()) as plain,
            asking.wrap_socket(plain) as link,
        ):
            begun = time.perf_counter()
            left = sent
            while left > 0:
                left -= link.send(BLOCK[:left])
            reader.join()
            took = time.perf_counter() - begun
    return took * size / sent


def _read(listening: socket.socket, context: ssl.SSLContext, size: int) -> None:
    accepted, _ = listening.accept()
    with accepted, context.wrap_socket(accepted, server_side=True) as link:
        while size > 0 and (got := link.recv(len(BLOCK))):
            size -= len(got)
