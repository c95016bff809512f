"""Moves a running baresip from a command line: `python -m` this module, PORT, then `dial +17606604690`.

What `[phone.commands]` of a pbx.toml calls; the port is baresip's ctrl_tcp. `baresip` starts one for tests.
"""

import json
import socket
import sys

PATIENCE = 5.0
"""Seconds for an answer."""


def move(port: int, command: str, parameters: str = "") -> bool:
    """Gives a command; whether baresip took it."""
    data = json.dumps({"command": command, "params": parameters, "token": command}).encode()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(b"%d:%s," % (len(data), data))
        pending = b""
        while b'"response"' not in pending:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            pending += chunk
    return b'"ok":true' in pending.replace(b" ", b"")


if __name__ == "__main__":
    sys.exit(0 if move(int(sys.argv[1]), sys.argv[2], " ".join(sys.argv[3:])) else 1)
