"""`python -m reference_server`: the command line, and Ctrl-C that comes while it is still imported.

The command itself is `command_line`, imported inside `main` for that.
"""

import sys

INTERRUPTED = 130


def main() -> None:
    """Runs the command that the arguments name."""
    try:
        from reference_server.command_line import application

        application()
    except KeyboardInterrupt:
        print("reference_server: interrupted before it listened", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
