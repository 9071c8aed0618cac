"""What is agreed with the payment provider: whose checkout it is, and that a call is theirs."""

import hmac
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prikke.config import Settings
from prikke.keyring import Keyring

_PURPOSE = "billing"


@dataclass(frozen=True, slots=True)
class Proofs:
    """The organization that a checkout is made for, with a proof that we said so.

    A buyer can read and change what a checkout carries; without the proof one could buy, and
    later cancel, for somebody else's organization.
    """

    keys: tuple[bytes, ...]

    @classmethod
    def from_settings(cls, settings: Settings) -> "Proofs":
        """Every process with the same keyring makes and reads the same ones."""
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
        return cls(keyring.derived(_PURPOSE))

    def custom_data(self, organization_id: UUID) -> dict[str, str]:
        """What a checkout carries, and each event about it brings back."""
        organization = str(organization_id)
        return {"organization": organization, "proof": _proof(self.keys[0], organization)}

    def organization(self, custom_data: Any) -> UUID | None:
        """Whose checkout it was; None without a proof of ours."""
        if not isinstance(custom_data, dict):
            return None
        organization, proof = custom_data.get("organization"), custom_data.get("proof")
        if not isinstance(organization, str) or not isinstance(proof, str):
            return None
        given = proof.encode("utf-8", "replace")
        for key in self.keys:
            if hmac.compare_digest(_proof(key, organization).encode(), given):
                return UUID(organization)
        return None


def is_from_provider(secret: str, signature: str, body: bytes) -> bool:
    """Whether a call carries the provider's signature: HMAC-SHA256 over the body as it came."""
    wanted = hmac.digest(secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))


def _proof(key: bytes, organization: str) -> str:
    return hmac.digest(key, organization.encode("utf-8", "replace"), "sha256").hex()
