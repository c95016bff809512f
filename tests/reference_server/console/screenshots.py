"""Takes the pictures of docs/manager: `python -m tests.reference_server.console.screenshots docs/manager`."""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.interop.peer_process import Processes
from tests.reference_server.console.console_process import Desk, OfficePbx, running_browser, running_console
from tests.reference_server.console.guide_walk import GuideWalk

MOST_BYTES = 120_000
WIDTH, HEIGHT = 1080, 760
COLOURS = 160


def take(folder: Path) -> None:
    """Walks through the guide and keeps a picture of each step in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        Processes() as processes,
        running_console(processes, Path(place)) as console,
        running_browser() as browser,
        Desk(browser, console, width=WIDTH, height=HEIGHT) as desk,
    ):

        def keep(name: str) -> None:
            desk.page.evaluate("window.scrollTo(0, 0)")
            picture = small(desk.page.screenshot(animations="disabled", caret="hide"))
            assert len(picture) <= MOST_BYTES, f"{name} has {len(picture)} bytes; at most {MOST_BYTES}"
            (folder / f"{name}.png").write_bytes(picture)

        walk = GuideWalk(desk, keep)
        walk.step_1_set_up_skype_manager()
        walk.step_2_create_your_sip_profile()
        walk.step_3_be_reminded_of_the_credentials()
        with OfficePbx(walk.username, walk.password, console.sip) as pbx:
            walk.step_4_allocate_skype_credit()
            walk.step_5_make_a_test_outgoing_call(pbx)
            walk.step_6_add_a_business_account()
            walk.step_7_add_an_online_number()
            walk.step_8_make_a_test_incoming_call()


def small(picture: bytes) -> bytes:
    """The same picture with a palette: a third of the bytes."""
    written = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
