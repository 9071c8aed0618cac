"""The address at which a receiver that answered 202 reports, and the proof in it."""

from dataclasses import dataclass
from uuid import UUID

from prikke.keyring import Keyring
from prikke.signing import completion_token, read_completion_token


@dataclass(frozen=True, slots=True)
class Completions:
    """Makes and reads completion addresses; `keys` are the current one and those before it."""

    base_url: str
    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, base_url: str, keyring: Keyring) -> "Completions":
        """Every process with the same keyring makes and reads the same ones."""
        return cls(base_url, keyring.derived("completion"))

    def url(self, execution_id: UUID, claim_number: int) -> str:
        """Where the receiver of this claim reports."""
        token = completion_token(self.keys[0], execution_id, claim_number)
        return f"{self.base_url}/complete/{token}"

    def read(self, token: str) -> tuple[UUID, int] | None:
        """The execution and claim number of a token of ours; None for anything else."""
        for key in self.keys:
            found = read_completion_token(key, token)
            if found is not None:
                return found
        return None
