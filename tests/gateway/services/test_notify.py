# SPDX-License-Identifier: Apache-2.0
"""The service manager is told, where there is one."""

import os
import socket
import time

import pytest

from gateway.services.notify import Notifier


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def test_a_state_arrives_as_one_datagram(listener):
    Notifier(listener.getsockname()).tell("READY=1")
    assert listener.recv(100) == b"READY=1"


def test_an_abstract_address_begins_with_an_at_sign():
    name = f"sekisho-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.settimeout(5)
        Notifier(f"@{name}").tell("STOPPING=1")
        assert sock.recv(100) == b"STOPPING=1"


def test_the_address_is_the_service_managers(monkeypatch, listener):
    monkeypatch.setenv("NOTIFY_SOCKET", listener.getsockname())
    Notifier.from_environment().tell("READY=1")
    assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", [None, ""])
def test_where_nobody_listens_nothing_is_told(address):
    Notifier(address).tell("READY=1")


def test_a_listener_that_is_gone_is_no_fault_of_ours(tmp_path):
    Notifier(str(tmp_path / "gone")).tell("READY=1")


def test_without_a_service_manager_there_is_no_address(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert Notifier.from_environment().address is None


# --- what is told ---------------------------------------------------------------------


def test_ready_comes_with_a_status(listener):
    Notifier(listener.getsockname()).ready("102024/municipal_cs: at work")
    assert listener.recv(200) == b"READY=1\nSTATUS=102024/municipal_cs: at work"


def test_a_reload_says_when_it_began(listener):
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    Notifier(listener.getsockname()).reloading()
    first, second = listener.recv(200).split(b"\n")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert first == b"RELOADING=1"
    assert second.startswith(b"MONOTONIC_USEC=")
    assert before <= int(second.partition(b"=")[2]) <= after


def test_a_stop_and_a_sign_of_life_are_told(listener):
    notifier = Notifier(listener.getsockname())
    notifier.stopping()
    notifier.watchdog()
    assert listener.recv(200).startswith(b"STOPPING=1\n")
    assert listener.recv(200) == b"WATCHDOG=1"


# --- the watchdog ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({"WATCHDOG_USEC": "-1"}, 0.0),
        ({"WATCHDOG_USEC": "\u0663"}, 0.0),
    ],
)
def test_the_watchdog_is_told_twice_as_often_as_it_wants(environment, seconds):
    assert Notifier.from_environment(environment).watchdog_seconds == seconds
