"""A reverse proxy in front of this process. What it says of a request counts only where it comes from its address and knows the shared secret."""

import hmac
import ipaddress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import Request

from scanpipe.config_schema import Web
from scanpipe.errors import ConfigError
from scanpipe.i18n import _

SECRET_HEADER: Final = "x-scanpipe-proxy-secret"  # noqa: S105 (a name)
ADDRESS_HEADER, SCHEME_HEADER = "x-real-ip", "x-forwarded-proto"
UNIX: Final = "unix"
_SHORTEST: Final = 32  # signs


@dataclass(frozen=True, slots=True)
class Front:
    """peer: address of the proxy, "unix" = whoever reaches our socket; "" = there is none. user_header: in which it names who has logged in, "" = it does not."""

    peer: str = ""
    secret: str = ""
    user_header: str = ""

    @classmethod
    def of(cls, web: Web, beside: Path) -> "Front":
        """beside: the folder of scanpipe.toml. Raises ConfigError where the secret cannot be read, is short, or may be read by all."""
        if not (web.proxy_address or web.proxy_secret_file or web.proxy_user_header):
            return cls()
        if not (web.proxy_address and web.proxy_secret_file):
            raise ConfigError([_("web: proxy_address and proxy_secret_file belong together; write both, or leave both empty")])
        return cls(web.proxy_address, _secret(beside / web.proxy_secret_file), web.proxy_user_header.lower())

    def speaks(self, request: Request) -> bool:
        """Whether the request comes from the proxy itself."""
        if not self.peer or not self._is_peer(request):
            return False
        return hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), self.secret.encode())

    def _is_peer(self, request: Request) -> bool:
        if request.client is None or not request.client.host:
            return self.peer == UNIX
        try:
            return ipaddress.ip_address(request.client.host) == ipaddress.ip_address(self.peer)
        except ValueError:  # "unix"
            return False

    def address(self, request: Request) -> str:
        """Of the machine that asks, "" where it is not known."""
        if self.speaks(request) and (told := request.headers.get(ADDRESS_HEADER)):
            return told[:100]
        return request.client.host if request.client else ""

    def secure(self, request: Request) -> bool:
        """Whether the browser came over TLS."""
        return request.url.scheme == "https" or (self.speaks(request) and request.headers.get(SCHEME_HEADER) == "https")

    def base(self, request: Request) -> str:
        """Our own address as the browser has it, with a slash at its end: behind a proxy it came over TLS, though we are asked without."""
        return str(request.base_url.replace(scheme="https") if self.secure(request) else request.base_url)

    def user(self, request: Request) -> str | None:
        """The account of who has logged in at the proxy; None where it says nothing, or may not."""
        if not self.user_header or not self.speaks(request):
            return None
        return request.headers.get(self.user_header) or None

    def against_forgery(self, account: str) -> str:
        """What the forms of who came by the proxy must carry: there is no session that it could follow from."""
        return hmac.new(self.secret.encode(), b"form\0" + account.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _secret(file: Path) -> str:
    try:
        said, mode = file.read_text("utf-8").strip(), file.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([_("web.proxy_secret_file: {file} cannot be read ({reason})").format(file=file, reason=error)]) from error
    if len(said) < _SHORTEST:
        raise ConfigError([_("web.proxy_secret_file: {file} holds less than {n} signs; make it with: openssl rand -hex 32").format(file=file, n=_SHORTEST)])
    if mode & 0o004:
        raise ConfigError([_("web.proxy_secret_file: everybody on this machine may read {file}; write: chmod o= {file}").format(file=file)])
    return said
