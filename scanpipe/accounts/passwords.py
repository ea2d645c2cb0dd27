"""argon2id (reliability §3: 64 MiB, 3 passes, one lane). The only module that knows it."""

import base64
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from scanpipe.core.logins import LONGEST_PASSWORD, spelled

_AT_ONCE = 2  # each takes 64 MiB; many who log in at once take turns
_GROUPS, _GROUP = 5, 4
_UNLIKE = "abcdefghjkmnpqrstuvwxyz23456789"  # no two of them look alike on paper


class Passwords:
    """Hashes and checks them."""

    def __init__(self, *, passes: int = 3, kib: int = 64 * 1024) -> None:
        """The cost of one; less than the default is for tests."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=1)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hash_of_nobody()

    def hashed(self, password: str) -> str:
        """With its salt and parameters."""
        with self._turns:
            return self._hasher.hash(spelled(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the one that was hashed. kept None: no, at the same cost."""
        try:
            with self._turns:
                fits = self._hasher.verify(kept or self._nobody, spelled(password[: 4 * LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
        return fits and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)

    def _hash_of_nobody(self) -> str:
        """What no password fits, in such a form that a check costs as much as any. To make a true one would cost every start as much again."""
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        salt, tag = (base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode() for length in (self._hasher.salt_len, self._hasher.hash_len))
        return f"$argon2id$v=19${cost}${salt}${tag}"


def one_time_password() -> str:
    """99 random bits, easy to read out and to type: abcd-efgh-…"""
    return "-".join("".join(secrets.choice(_UNLIKE) for _ in range(_GROUP)) for _ in range(_GROUPS))
