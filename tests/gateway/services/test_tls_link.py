# SPDX-License-Identifier: Apache-2.0
"""OpenSSL's many words for a failure become few, and stable."""

import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from gateway.services.tls_link import LinkFault, tls_fault
from pki.trust import Reason


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("peer did not return a certificate", LinkFault.NO_CLIENT_CERTIFICATE),
        ("http request", LinkFault.NOT_TLS),
        ("wrong version number", LinkFault.NOT_TLS),
        ("unsupported protocol", LinkFault.TLS_VERSION),
        ("tlsv1 alert protocol version", LinkFault.TLS_VERSION),
        ("no shared cipher", LinkFault.NO_COMMON_ALGORITHM),
        ("no suitable key share", LinkFault.NO_COMMON_ALGORITHM),
        ("tlsv13 alert certificate required", LinkFault.PEER_REFUSES_US),
        ("ssl/tls alert certificate unknown", LinkFault.PEER_REFUSES_US),
        ("certificate verify failed", LinkFault.HANDSHAKE_FAILED),
        ("a text of next year's version", LinkFault.HANDSHAKE_FAILED),
    ],
)
def test_a_text_of_openssl_becomes_one_stable_word(text, fault):
    error = SSL.Error(
        [("SSL routines", "", "an older one"), ("SSL routines", "", text)]
    )
    assert tls_fault(Failure(error)) is fault


@pytest.mark.parametrize(
    "error",
    [SSL.Error(), SSL.Error([]), SSL.ZeroReturnError(), SSL.SysCallError(-1, "EOF")],
    ids=repr,
)
def test_a_failure_without_a_text_is_a_failed_handshake(error):
    assert tls_fault(Failure(error)) is LinkFault.HANDSHAKE_FAILED


def test_the_end_of_a_connection_is_no_fault_of_tls():
    assert tls_fault(Failure(ConnectionDone())) is None


def test_no_fault_of_a_link_is_taken_for_a_reason_of_trust():
    reasons = {reason.name.lower() for reason in Reason}
    assert reasons.isdisjoint(fault.value for fault in LinkFault)
