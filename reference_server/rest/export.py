"""Long answers piece by piece: rows of the database as CSV or JSON, without holding all of them.

The loop carries calls meanwhile, so each piece gives way to them.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from fastapi.responses import StreamingResponse

CSV = "text/csv"
JSON = "application/json"


def exported(pieces: Iterator[str], media_type: str, file_name: str) -> StreamingResponse:
    """A file to download. Raises what making its first pieces raises, before anything is sent."""
    first = list(islice(pieces, 2))  # the second, because the first may be a line of headings

    async def all_pieces() -> AsyncIterator[str]:
        yield "".join(first)
        for piece in pieces:
            yield piece
            await asyncio.sleep(0)

    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return StreamingResponse(all_pieces(), headers=headers, media_type=media_type)


def as_file(media_type: str) -> dict[int | str, dict[str, Any]]:
    """The answer for the OpenAPI document of a route."""
    schema = {"type": "string"} if media_type == CSV else {"type": "array", "items": {"type": "object"}}
    return {200: {"description": "A file", "content": {media_type: {"schema": schema}}}}
