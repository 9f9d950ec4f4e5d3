# SPDX-License-Identifier: Apache-2.0
"""What the library will not write, put into a certificate's DER and signed again.

Only for `pki.forgery`: an authority never comes here.
"""

from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.recipe import ExtensionName, Recipe

OIDS: dict[ExtensionName, x509.ObjectIdentifier] = {
    "basic_constraints": x509.BasicConstraints.oid,
    "key_usage": x509.KeyUsage.oid,
    "extended_key_usage": x509.ExtendedKeyUsage.oid,
    "alternative_name": x509.SubjectAlternativeName.oid,
    "key_id": x509.SubjectKeyIdentifier.oid,
    "authority_key_id": x509.AuthorityKeyIdentifier.oid,
}
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
}


def changed(
    plain: x509.Certificate, recipe: Recipe, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """The certificate's DER with the recipe's changes, signed anew with ``key``."""
    certificate = asn1.Certificate.load(plain.public_bytes(Encoding.DER))
    inside = certificate["tbs_certificate"]
    if recipe.serial:
        inside["serial_number"] = int(recipe.serial, 16)
    if recipe.version != "v3":
        inside["version"] = recipe.version
    if recipe.twice:
        inside["extensions"].append(_one(inside["extensions"], recipe.twice))
    outer = f"{recipe.digest}_ecdsa"
    inner = outer if recipe.inner == "same" else f"{recipe.inner}_ecdsa"
    inside["signature"] = {"algorithm": inner}
    certificate["signature_algorithm"] = {"algorithm": outer}
    signature = key.sign(inside.dump(), ec.ECDSA(_DIGESTS[recipe.digest]))
    if recipe.broken:
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    certificate["signature_value"] = core.OctetBitString(signature)
    return bytes(certificate.dump())


def _one(extensions: asn1.Extensions, name: ExtensionName) -> asn1.Extension:
    dotted = OIDS[name].dotted_string
    found: asn1.Extension = next(
        each.copy() for each in extensions if each["extn_id"].dotted == dotted
    )
    return found
