# SPDX-License-Identifier: Apache-2.0
"""The rules of RFC 5280, as pkilint has them, put together for a private network.

All of pkilint's pkix rules for certificates and for revocation lists; none of those
that only the public web (CA/Browser Forum) or qualified signatures (ETSI) are held to.
No finding is excused. Three readers of pkilint are narrower than the RFC, so each is
replaced here by one that asks all that the RFC asks, and no more:

1. A URI is taken for a URL with a host. RFC 5280 4.2.1.6 wants a scheme and a
   scheme-specific part, so a station's ``urn:`` is one: read letter by letter by
   `pki.names`. Any other URI is left to pkilint.
2. A DNS name must be a public domain there, with a dot. RFC 5280 wants the preferred
   name syntax, which ``localhost`` and a closed network's ``cs`` have: the plan's rule.
3. Extended key usages are read by a decoder that knows no OID arc longer than 64 bits.
   Ours stand under a UUID arc of 128 (X.667): pyasn1's own decoder reads them.

Imported by `pki.lint` alone, when something is linted: it takes 0.15 s.
"""

import logging
from typing import Any

from pkilint import document, loader, pkix, validation
from pkilint.pkix import certificate, crl, extension, general_name, name
from pyasn1.codec.der.decoder import decode
from pyasn1.error import PyAsn1Error
from pyasn1_alt_modules import rfc5280

from pki.names import BadStationName, StationName
from pki.plan import is_dns_name

logging.getLogger("pkilint").setLevel(logging.CRITICAL)
# A rule that fails on strange bytes is a finding; its traceback helps no operator.


class _Uri(general_name.GeneralNameUriSyntaxValidator):  # type: ignore[misc]
    """A URI of a name: a station's, or one that pkilint knows."""

    def validate_value(self, node: Any) -> bool:
        try:
            StationName.parse_uri(str(node.pdu))
        except BadStationName:
            return bool(super().validate_value(node))
        return True


class _DnsName(general_name.GeneralNameDnsNameSyntaxValidator):  # type: ignore[misc]
    """A DNS name in the preferred name syntax, of one label or more."""

    def validate_value(self, node: Any) -> bool:
        return is_dns_name(str(node.pdu))


class _UsageDecoder(document.ValueDecoder):  # type: ignore[misc]
    """Reads extended key usages, arcs of any length."""

    def decode_value(
        self, node: Any, type_node: Any, value_node: Any, pdu_type: Any
    ) -> Any:
        source = value_node.document
        try:
            decoded, rest = decode(value_node.pdu.asOctets(), asn1Spec=pdu_type)
        except PyAsn1Error as error:
            raise _undecodable(source, pdu_type, value_node, str(error)) from error
        if rest:
            raise _undecodable(source, pdu_type, value_node, "trailing bytes")
        return document.create_and_append_node_from_pdu(source, decoded, value_node)


def _undecodable(source: Any, kind: Any, node: Any, text: str) -> Exception:
    failed: Exception = document.SubstrateDecodingFailedError(source, kind, node, text)
    return failed


_REPLACED = {
    general_name.GeneralNameUriSyntaxValidator: _Uri,
    general_name.GeneralNameDnsNameSyntaxValidator: _DnsName,
}


def certificate_results(der: bytes) -> list[Any]:
    """What pkilint says of a certificate; raises ``ValueError`` if it is none."""
    read = loader.RFC5280CertificateDocumentLoader().load_der_document(der)
    return list(_CERTIFICATES.validate(read.root))


def list_results(der: bytes) -> list[Any]:
    """What pkilint says of a revocation list; raises ``ValueError`` if it is none."""
    read = loader.RFC5280CertificateListDocumentLoader().load_der_document(der)
    return list(_LISTS.validate(read.root))


def _certificates() -> Any:
    known = dict(extension.EXTENSION_MAPPINGS)
    usages = {
        rfc5280.id_ce_extKeyUsage: known.pop(rfc5280.id_ce_extKeyUsage),
    }
    decoder = _UsageDecoder(
        type_path="extnID", value_path="extnValue", type_mappings=usages
    )
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(
            name.ATTRIBUTE_TYPE_MAPPINGS,
            known,
            [extension.ExtensionsDecodingValidator(decode_func=decoder)],
        ),
        [
            certificate.create_issuer_validator_container(),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container(),
            certificate.create_extensions_validator_container(),
            certificate.create_spki_validator_container(),
        ],
    )


def _lists() -> Any:
    return crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container(),
            crl.create_validity_validator_container(),
            crl.create_extensions_validator_container(),
        ],
    )


def _replaced(container: Any) -> Any:
    """The container, with our readers in the places of those they replace."""
    for place, one in enumerate(container.validators):
        if isinstance(one, validation.ValidatorContainer):
            _replaced(one)
        elif type(one) in _REPLACED:
            container.validators[place] = _REPLACED[type(one)]()
    return container


_CERTIFICATES = _replaced(_certificates())
_LISTS = _replaced(_lists())
