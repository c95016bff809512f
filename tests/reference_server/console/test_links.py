"""Every link of the console leads to a page: followed from the first one to the last."""

import re

from tests.reference_server.console.console_play import ConsolePlay

LINK = re.compile(r'<a\b[^>]*\shref="([^"#?]*)')


def test_no_link_of_an_administrator_leads_nowhere() -> None:
    play = ConsolePlay()
    profile = play.profile()
    seen: dict[str, str] = {}
    waiting = [("/", "the address")]
    while waiting:
        path, found_on = waiting.pop(0)
        if path in seen or not path.startswith("/"):
            continue
        seen[path] = found_on
        answer = play.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}, linked on {found_on}, is answered {answer.status_code}"
        if answer.headers["content-type"].startswith("text/html"):
            waiting += [(link, path) for link in LINK.findall(answer.text)]
    assert f"{profile}/incoming" in seen
    assert f"{profile}/test-call" in seen
