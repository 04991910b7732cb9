"""Content credentials: a C2PA manifest in a finished stem, when the user has a certificate.

The certificate chain and its key lie in the home folder, `signing/certificate.pem` (leaf first)
and `signing/private.key` (PKCS #8, P-256). A signed stem is not the same bytes twice: signatures
never are. Source: C2PA specification 2.x, c2pa.created with IPTC's digitalSourceType.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from engine.stems.bwf import AI_SOURCE, StemInfo
from host_bridge.errors import CuelockError
from host_bridge.home import home


class Identity(NamedTuple):
    """Who signs: a PEM chain, leaf first, and the leaf's private key."""

    certificate: bytes
    private_key: bytes


def signing_identity() -> Identity | None:
    """The user's certificate and key, None when there are none.

    Raises CuelockError request.signing when one of the two files is missing or unreadable.
    """
    folder = home() / "signing"
    if not folder.is_dir():
        return None
    try:
        return Identity(
            (folder / "certificate.pem").read_bytes(), (folder / "private.key").read_bytes()
        )
    except OSError as error:
        raise _refused(f"{error.filename} cannot be read") from error


def sign_stem(path: Path, info: StemInfo, identity: Identity) -> None:
    """Put a manifest into a finished stem, whole or not at all.

    Raises CuelockError engine.dependency without the library, request.signing when the
    certificate is not one that may sign.
    """
    try:
        import c2pa
    except ImportError as error:
        raise CuelockError(
            "engine.dependency",
            "There is a signing certificate, but the library that signs is not installed.",
            hint="Run `pip install 'cuelock[sign]'`, or move the signing folder away.",
        ) from error
    part = path.with_name(path.name + ".signed")
    try:
        signer_info = c2pa.C2paSignerInfo(
            alg=b"es256",
            sign_cert=identity.certificate,
            private_key=identity.private_key,
            ta_url=None,
        )
        with (
            c2pa.Signer.from_info(signer_info) as signer,
            c2pa.Builder(_manifest(info)) as builder,
            path.open("rb") as unsigned,
            part.open("w+b") as signed,
        ):
            builder.sign(signer, "audio/wav", unsigned, signed)
        part.replace(path)
    except c2pa.C2paError as error:
        raise _refused(str(error).partition("\n")[0]) from error
    finally:
        part.unlink(missing_ok=True)


def _manifest(info: StemInfo) -> dict[str, Any]:
    made = {
        "action": "c2pa.created",
        "digitalSourceType": AI_SOURCE,
        "softwareAgent": {"name": "cuelock"},
        "parameters": {
            "bundle": info.bundle,
            "take": info.take,
            "layer": info.layer,
            "seed": info.seed,
            "curves": info.curves_sha256,
        },
    }
    return {
        "claim_generator_info": [{"name": "cuelock"}],
        "title": f"{info.layer} for {info.clip}",
        "format": "audio/wav",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [made]}}],
    }


def _refused(why: str) -> CuelockError:
    return CuelockError(
        "request.signing",
        f"The signing certificate cannot be used: {why}.",
        hint="Put a certificate that may sign (certificate.pem, leaf first) and its private.key "
        f"into {home() / 'signing'}, or remove that folder.",
    )
