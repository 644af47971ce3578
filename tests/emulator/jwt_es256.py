"""Tokens signed with ES256, as an issuer makes them."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

BYTES = 32


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_number(number: int) -> str:
    return encode(number.to_bytes(BYTES, "big"))


class Key:
    """A key of an issuer."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())

    def public(self) -> dict:
        """Returns what is published of it (JWK)."""
        numbers = self.private.public_key().public_numbers()
        point = {"x": encode_number(numbers.x), "y": encode_number(numbers.y)}
        return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", **point}

    def sign(self, claims: dict) -> str:
        """Returns a token (JWT) with these claims."""
        header = {"alg": "ES256", "typ": "JWT", "kid": "one"}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        numbers = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encode(b''.join(number.to_bytes(BYTES, 'big') for number in numbers))}"
