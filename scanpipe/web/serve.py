"""Runs the web process. Beyond loopback only with TLS: passwords and records never travel in clear text."""

import ipaddress
import os
from typing import Any

import uvicorn

from scanpipe.config import Settings
from scanpipe.errors import ConfigError
from scanpipe.i18n import _
from scanpipe.web.application import create
from scanpipe.web.front import Front

_KEEP_ALIVE_SECONDS = 15
_MOST_AT_ONCE = 512


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises ConfigError where it would be reached from other machines without TLS."""
    check_address(settings)
    web, beside = settings.web, settings.file.parent
    Front.of(web, beside)  # its faults are told before anybody can ask
    place: dict[str, Any] = {"uds": web.host} if web.host.startswith(os.sep) else {"host": web.host, "port": web.port}
    uvicorn.run(
        create(settings), **place, log_config=None, access_log=False, server_header=False, proxy_headers=False,
        ssl_certfile=beside / web.certificate if web.certificate else None, ssl_keyfile=beside / web.key if web.certificate else None,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS, limit_concurrency=_MOST_AT_ONCE,
    )  # fmt: skip


def check_address(settings: Settings) -> None:
    """Raises ConfigError, with the remedy, where [web] host is not of this machine alone and there is no certificate."""
    if not settings.web.certificate and not is_loopback(settings.web.host):
        raise ConfigError(
            [
                _(
                    "[web] host = {host} can be reached from other machines, but there is no certificate. Enter certificate and key,"
                    " or keep host = 127.0.0.1 and put nginx with TLS in front (config/nginx.conf)."
                ).format(host=settings.web.host)
            ]
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith(os.sep)
