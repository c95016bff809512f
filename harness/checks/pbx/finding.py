"""From a ruling to what a person reads: the catalogue's words, the deciding message and line, what to change.

Pure. The advice is the product's where the PBX says which one it is (`harness.requirements.product_advice`),
the catalogue's otherwise.
"""

from collections.abc import Iterator

from harness.checks.pbx.ruling import Ruling, Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.requirements.product_advice import Product, recognise
from harness.requirements.requirement import Requirement
from harness.results import Finding

EVIDENCE_LIMIT = 8000  # characters of a message kept as evidence
USERNAME = "USERNAME"  # stands for the SIP username in advice


def finding_of(
    ruling: Ruling, entry: Requirement, product: Product | None, username: str, how_to_see: str
) -> Finding:
    """The finding of a ruling that is broken; `how_to_see` is a command that shows the message."""
    sight = ruling.deciding
    message = sight.message if sight is not None else None
    return Finding(
        requirement=ruling.requirement,
        level=entry.level,
        seen=ruling.seen,
        required=entry.words,
        source=entry.source,
        packet=message.traced.number if message is not None else None,
        time=message.time if message is not None else None,
        call_id=message.message.call_id if message is not None else None,
        how_to_see=how_to_see,
        what_to_change=advice_for(entry, product, username),
        evidence=evidence_of(sight),
        marked_line=deciding_line(sight),
    )


def advice_for(entry: Requirement, product: Product | None, username: str) -> str:
    """What to change, in the product's own words where we know them, with the SIP username filled in."""
    own = product.advice.get(entry.id) if product is not None else None
    if product is None or own is None:
        return entry.advice
    return f"{product.name}: {own.replace(USERNAME, username)}"


def evidence_of(sight: Sight | None) -> str:
    """The text of the deciding message."""
    if sight is None or sight.message is None:
        return ""
    data = sight.message.traced.packet.data
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")[:EVIDENCE_LIMIT]


def deciding_line(sight: Sight | None) -> str | None:
    """The line of the message that decides: its start line, a header field, or a line of its body."""
    lines = evidence_of(sight).splitlines()
    wanted = sight.line if sight is not None else None
    if wanted is None or not lines:
        return None
    if wanted == "start":
        return lines[0]
    if wanted.endswith("="):
        return next((line for line in lines[1:] if line.startswith(wanted)), None)
    name = wanted.lower()
    short = {"from": "f", "to": "t", "contact": "m"}.get(name, name)
    heads = ((line, line.partition(":")[0].strip().lower()) for line in lines[1:])
    return next((line for line, head in heads if head in (name, short)), None)


def product_of(leg: TrunkLeg) -> Product | None:
    """Which PBX this is, by what it calls itself; a proxy's own REGISTER tells more than a phone's INVITE."""
    return recognise(names_of(leg))


def names_of(leg: TrunkLeg) -> list[str]:
    """What the PBX calls itself, REGISTER first, each name once."""
    return list(dict.fromkeys([*_names(leg, registers=True), *_names(leg, registers=False)]))


def _names(leg: TrunkLeg, *, registers: bool) -> Iterator[str]:
    for each in leg.messages:
        if each.from_pbx and (each.method == "REGISTER") is registers:
            for header in ("User-Agent", "Server"):
                name = each.message.headers.get(header)
                if name:
                    yield name
