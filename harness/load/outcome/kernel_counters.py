"""What the kernel counts of UDP: datagrams that it threw away before the generator could read them.

The counters are the machine's, not the process's: a target on the same machine counts in them too. Read once
before and once after the run; `validity` judges the difference.
"""

from pathlib import Path

PROC_NET = Path("/proc/net")


def receive_buffer_errors(folder: Path = PROC_NET) -> int | None:
    """RcvbufErrors of UDP over IPv4 and IPv6 since the machine started; None where the kernel has none."""
    counts = [_from_snmp(folder / "snmp"), _from_snmp6(folder / "snmp6")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _from_snmp(path: Path) -> int | None:
    """Names and values are two lines that begin alike: ``Udp: InDatagrams ...`` and ``Udp: 1234 ...``."""
    rows = [line.split() for line in _lines(path) if line.startswith("Udp:")]
    if len(rows) != 2 or "RcvbufErrors" not in rows[0]:
        return None
    return _number(dict(zip(*rows, strict=False)).get("RcvbufErrors"))


def _from_snmp6(path: Path) -> int | None:
    """One name and value a line: ``Udp6RcvbufErrors   12``."""
    for line in _lines(path):
        name, _, value = line.partition(" ")
        if name == "Udp6RcvbufErrors":
            return _number(value.strip())
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
