"""Content credentials, read back by the reference library, with a certificate made here."""

import datetime
import json
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
import soundfile
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from test_bwf import LEVEL, info, noise

from engine.stems.bwf import AI_SOURCE, write_stem
from engine.stems.signing import sign_stem, signing_identity
from host_bridge.errors import CuelockError

PEM = serialization.Encoding.PEM


def certificate(subject: str, issuer: str, public: Any, signer: Any, authority: bool) -> bytes:
    def name(common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A studio"),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )

    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, authority, authority, False, False),
            True,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        made = made.add_extension(usage, False)
    return made.sign(signer, hashes.SHA256()).public_bytes(PEM)


@pytest.fixture
def signing(own_home: Path) -> Path:
    """A home folder with a leaf certificate, its authority's, and its key."""
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    folder = own_home / "signing"
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(
        certificate("Signer", "Root", leaf.public_key(), root, False)
        + certificate("Root", "Root", root.public_key(), root, True)
    )
    (folder / "private.key").write_bytes(
        leaf.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    path = tmp_path / "s.wav"
    write_stem(path, [noise(5000)], info(5000), LEVEL)
    return path


@pytest.mark.usefixtures("signing")
def test_a_signed_stem_says_what_made_it_and_sounds_the_same(stem: Path) -> None:
    before, _ = soundfile.read(stem, dtype="int32")
    identity = signing_identity()
    assert identity is not None
    sign_stem(stem, info(5000), identity)
    after, _ = soundfile.read(stem, dtype="int32")
    np.testing.assert_array_equal(before, after)
    with c2pa.Reader(str(stem)) as reader:
        store = json.loads(reader.json())
    manifest = store["manifests"][store["active_manifest"]]
    action = manifest["assertions"][0]["data"]["actions"][0]
    assert action["digitalSourceType"] == AI_SOURCE
    assert action["parameters"]["seed"] == 7
    failures = store["validation_results"]["activeManifest"]["failure"]
    # A root made for this test is on nobody's list; everything else must hold.
    assert {failure["code"] for failure in failures} == {"signingCredential.untrusted"}
    assert list(stem.parent.iterdir()) == [stem]


def test_without_a_certificate_nothing_is_signed() -> None:
    assert signing_identity() is None


@pytest.mark.parametrize("broken", ["certificate.pem", "private.key"])
def test_a_certificate_that_cannot_sign_is_said_and_the_stem_stays(
    stem: Path, signing: Path, broken: str
) -> None:
    (signing / broken).write_text("not a certificate")
    before = stem.read_bytes()
    identity = signing_identity()
    assert identity is not None
    with pytest.raises(CuelockError) as caught:
        sign_stem(stem, info(5000), identity)
    assert caught.value.code == "request.signing"
    assert stem.read_bytes() == before
    assert list(stem.parent.iterdir()) == [stem]


def test_half_an_identity_is_said(signing: Path) -> None:
    (signing / "private.key").unlink()
    with pytest.raises(CuelockError) as caught:
        signing_identity()
    assert caught.value.code == "request.signing"
