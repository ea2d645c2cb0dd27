"""A lane has no way to the network, with namespaces or without."""

import os
import subprocess
import sys

import pytest

TRY = """
import socket, sys
from scanpipe import confinement
if not getattr(confinement, sys.argv[1])():
    sys.exit(77)
def refused(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(2)
            one.connect(address)
    except OSError:
        return True
    return False
one, other = socket.socketpair()
one.send(b"x")
assert other.recv(1) == b"x"
assert refused(socket.AF_INET, ("127.0.0.1", int(sys.argv[2])))
assert refused(socket.AF_INET6, ("::1", int(sys.argv[2])))
socket.socket(socket.AF_UNIX).close()
"""


@pytest.mark.parametrize("way", ["cut_network", "refuse_sockets"])
def test_no_connection_leaves_a_lane(way: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = subprocess.run([sys.executable, "-c", TRY, way, str(server.getsockname()[1])], capture_output=True, text=True, check=False, env={**os.environ})
    if ended.returncode == 77:
        pytest.skip("the kernel has no such thing here")
    assert ended.returncode == 0, ended.stderr
