"""One entry of the requirement catalogue: what somebody's wire must do, and who says so.

The entries themselves are TOML beside this file (`catalogue/`), read by `catalogue`; what a run says of
them is `harness.results`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["MUST", "SHOULD", "MAY"]
Side = Literal["trunk", "pbx", "both"]
Certainty = Literal["guide", "rfc", "S", "I", "D"]

ID_PATTERN = r"^[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9_-]*$"


class Requirement(BaseModel):
    """A catalogue entry."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    """``topic.slug``; the topic is the name of the entry's file."""
    level: Level
    """How much it binds (RFC 2119)."""
    binds: Side
    """Whose wire it binds."""
    title: Annotated[str, Field(min_length=1)]
    """The requirement in a few words."""
    words: Annotated[str, Field(min_length=1)]
    """The requirement in the source's words."""
    source: Annotated[str, Field(min_length=1)]
    """Where the words stand: ``guide line 160``, ``RFC 3261 section 10.3``."""
    certainty: Certainty
    """How well it is known: guide, rfc, S another public source, I inferred, D our own decision."""
    advice: str = ""
    """What to change when it is broken."""

    @property
    def topic(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]
