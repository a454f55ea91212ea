"""A passkey made of software: it answers what a page asks as a browser and its authenticator would."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64
"""Flags of authenticator data (WebAuthn Level 3, 6.1)."""


def to_text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass
class SoftPasskey:
    """One credential; what it says can be made false by changing its fields."""

    origin: str = "http://localhost"
    host: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    cross_origin: bool = False
    handle: bytes | None = None
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str) -> str:
        """The answer to navigator.credentials.create()."""
        asked = json.loads(options)
        self.handle = to_bytes(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
        said = self._said(ATTESTED) + attested
        return self._answer(
            clientDataJSON=to_text(self._client_data("webauthn.create", asked)),
            attestationObject=to_text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})),
            transports=["internal"],
        )

    def get(self, options: str) -> str:
        """The answer to navigator.credentials.get()."""
        self.count += 1
        client_data = self._client_data("webauthn.get", json.loads(options))
        said = self._said()
        signature = self.key.sign(said + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        handle = {"userHandle": to_text(self.handle)} if self.handle else {}
        return self._answer(
            clientDataJSON=to_text(client_data),
            authenticatorData=to_text(said),
            signature=to_text(signature),
            **handle,
        )

    def _said(self, flag: int = 0) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([self.flags | flag]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, asked: Any) -> bytes:
        said = {
            "type": kind,
            "challenge": asked["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(said).encode()

    def _answer(self, **response: Any) -> str:
        name = to_text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
