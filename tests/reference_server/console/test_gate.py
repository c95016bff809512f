"""Who may enter the console, and which forms are taken."""

import httpx
import pytest

from tests.reference_server.console.console_play import CONNECT, ConsolePlay

PAGES = (CONNECT, "/live", "/records", "/reports", "/credit", "/people", "/people/tokens", "/audit", "/help")


@pytest.fixture
def play() -> ConsolePlay:
    """A console with an administrator who is signed in."""
    return ConsolePlay()


@pytest.mark.parametrize("path", [*PAGES, "/live/events", "/quote", "/records/calls.csv"])
def test_who_is_not_signed_in_is_led_to_the_door(path: str) -> None:
    answer = ConsolePlay(signed_in=False).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_signing_in_leads_to_where_one_wanted_to_go() -> None:
    play = ConsolePlay(signed_in=False)
    values = {"form": "sign-in", "name": "ada", "password": "correct horse battery", "next": "/reports"}
    assert play.send("POST", "/sign-in", data=values).headers["location"] == "/reports"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx"])
def test_signing_in_never_leads_to_another_site(elsewhere: str) -> None:
    play = ConsolePlay(signed_in=False)
    values = {"form": "sign-in", "name": "ada", "password": "correct horse battery", "next": elsewhere}
    assert play.send("POST", "/sign-in", data=values).headers["location"] == CONNECT


def test_many_wrong_passwords_cost_time() -> None:
    play = ConsolePlay(signed_in=False)
    values = {"form": "sign-in", "name": "nobody", "password": "wrong wrong wrong"}
    answers = [play.send("POST", "/sign-in", data=values) for _ in range(6)]
    assert [answer.status_code for answer in answers][:3] == [401, 401, 401]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "Too many attempts" in answers[-1].text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    play = ConsolePlay(signed_in=False)
    values = {"form": "sign-in", "name": "ada", "password": "correct horse battery"}
    cookie = play.send("POST", "/sign-in", data=values).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_after_signing_out_the_old_cookie_opens_nothing(play: ConsolePlay) -> None:
    kept = httpx.Cookies(play.cookies)
    form = play.form(CONNECT, "")
    assert play.send("POST", form.action, data=form.values).headers["location"] == "/sign-in"
    play.cookies = kept
    assert play.get("/credit").status_code == 303


def test_a_form_without_the_sessions_token_changes_nothing(play: ConsolePlay) -> None:
    for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        answer = play.send("POST", "/credit", data={"form": "fund", "amount": "5", "key": "k", **csrf})
        assert answer.status_code == 403
        assert "The form is out of date" in answer.text
    assert play.manager.credit.manager_balance() == 0


def test_the_token_of_another_session_is_not_taken(play: ConsolePlay) -> None:
    old = play.form("/credit", "fund").values
    play.sign_in("ada")
    assert play.send("POST", "/credit", data={**old, "amount": "5"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(play: ConsolePlay, headers: dict[str, str]) -> None:
    values = {**play.form("/credit", "fund").values, "amount": "5"}
    assert play.send("POST", "/credit", data=values, headers=headers).status_code == 403
    values = {"form": "sign-in", "name": "ada", "password": "correct horse battery"}
    assert play.send("POST", "/sign-in", data=values, headers=headers).status_code == 403


def test_a_form_that_nobody_made_is_explained(play: ConsolePlay) -> None:
    csrf = play.form("/credit", "fund").values["csrf"]
    answer = play.send("POST", "/credit", data={"form": "rob", "csrf": csrf})
    assert answer.status_code == 400
    assert "The form is unknown" in answer.text


def test_files_and_very_many_fields_are_refused(play: ConsolePlay) -> None:
    csrf = play.form("/credit", "fund").values["csrf"]
    uploaded = play.send("POST", "/credit", data={"csrf": csrf}, files={"amount": ("a.txt", b"x")})
    many = play.send("POST", "/credit", data={f"field{number}": "x" for number in range(80)})
    assert uploaded.status_code == 400
    assert many.status_code == 400


def test_a_page_that_is_not_there_is_a_page_that_says_so(play: ConsolePlay) -> None:
    answer = play.get("/nowhere/<script>")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "<script>" not in answer.text.split("<main")[1]


def test_money_is_moved_once_for_each_form(play: ConsolePlay) -> None:
    """A double click, or a reload, sends the same key again."""
    values = {**play.form("/credit", "fund").values, "amount": "5"}
    for _ in range(3):
        assert play.send("POST", "/credit", data=values).status_code == 303
    assert play.world.manager_balance() == 5_000_000


class TestViewers:
    """A viewer sees everything and changes nothing."""

    @pytest.fixture
    def viewer(self) -> ConsolePlay:
        play = ConsolePlay()
        play.profile()
        play.sign_in("vera")
        return play

    def profile_pages(self, play: ConsolePlay) -> list[str]:
        path = f"{CONNECT}/{play.manager.profiles.all()[0].sip_username}"
        sections = (
            "",
            "/authentication",
            "/authentication/ip",
            "/outgoing",
            "/outgoing/take-back",
            "/incoming",
        )
        more = ("/outgoing/auto-recharge", "/outgoing/history", "/incoming/new-account", "/incoming/numbers")
        last = ("/incoming/buy-number", "/caller-id", "/channels", "/test-call")
        return [path + section for section in (*sections, *more, *last)]

    def test_sees_every_page_without_a_button_that_changes_anything(self, viewer: ConsolePlay) -> None:
        for path in (*PAGES, *self.profile_pages(viewer), "/features/online-numbers"):
            if path == "/people/tokens":
                continue  # a viewer may make a token that only reads
            answer = viewer.get(path)
            assert answer.status_code == 200, path
            posting = answer.text.count('method="post"') - answer.text.count('action="/sign-out"')
            assert posting == 0, f"{path} shows {posting} forms"

    def test_is_refused_when_sending_a_form_of_ones_own_making(self, viewer: ConsolePlay) -> None:
        csrf = viewer.form(CONNECT, "").values["csrf"]
        path = self.profile_pages(viewer)[0]
        for where, form in (("/credit", "fund"), (path, "remove"), (f"{path}/authentication", "reveal")):
            answer = viewer.send("POST", where, data={"form": form, "csrf": csrf, "key": "k", "amount": "5"})
            assert answer.status_code == 403
            assert "Viewers only look" in answer.text

    def test_may_not_begin_to_set_up_a_profile(self, viewer: ConsolePlay) -> None:
        assert viewer.get(f"{CONNECT}/new").status_code == 403

    def test_may_change_the_own_password_and_make_a_token_that_reads(self, viewer: ConsolePlay) -> None:
        made = viewer.post("/people/tokens", "make", name="mine", scopes="read")
        assert "rtm_" in made.text
        more = viewer.post("/people/tokens", "make", name="mine", scopes="money")
        assert more.status_code == 403
        answer = viewer.post(
            "/people/me",
            "password",
            own_password="correct horse battery",
            password="another long one",
            again="another long one",
        )
        assert answer.headers["location"] == "/sign-in"
