"""Moves a phone from a command line: `python -m` this module, PORT, then `dial +17606604690` or `watch`.

What `[phone.commands]` of a pbx.toml calls; the port is a `DeviceDesk`'s.
"""

import socket
import sys

PATIENCE = 60.0
"""Seconds for an answer; whoever runs this has a patience of its own."""


def main(port: int, words: list[str]) -> int:
    """0: done; 1: the phone refused, and standard error says why."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(f"{' '.join(words)}\n".encode())
        if words == ["watch"]:
            connection.settimeout(None)
            with connection.makefile() as lines:
                for line in lines:
                    print(line, end="", flush=True)
            return 0
        with connection.makefile() as lines:
            answer = lines.readline().strip()
    if answer == "ok":
        return 0
    print(answer.removeprefix("error ") or "the phone's desk is closed", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
