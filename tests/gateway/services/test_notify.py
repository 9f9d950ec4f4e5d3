# SPDX-License-Identifier: Apache-2.0
"""The service manager is told, where there is one."""

import os
import socket

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
