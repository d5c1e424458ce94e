"""The pages that bring in a file: from choosing it to the queue, and everything that is refused."""

import pytest

from monitor.feeds.files import uploads
from monitor.feeds.tables import ImportState
from monitor.kernel import settings as settings_module
from monitor.web.staff import imports

RIS = (
    b"TY  - JOUR\nTI  - An invented trial of Theraplay in crowded waiting rooms\n"
    b"DO  - 10.5555/web.1\nPY  - 2026\nER  - \n"
)


@pytest.fixture
def send(browse):
    """Choose a file on the page and send it; gives the answer."""

    def choose(user, data=RIS, name="mine.ris", path="/import"):
        browser = browse(user)
        token = browser.fields(browser.get("/import"), "/import")["csrf_token"][0]
        return browser.client.post(path, **form_of(token, data, name))

    return choose


def form_of(token, data, name):
    """Write the form as a browser does; the test client would leave its own temporary file open."""
    parts = (
        f'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = parts.encode() + data + b"\r\n--edge--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


def folder(world):
    return world.service.settings.var / "imports"


def test_from_choosing_a_file_to_the_queue(begun, browse, send):
    ann = browse(begun.ann)
    answer = send(begun.ann, name="../../my search.ris")
    assert answer.status_code == 303
    page = ann.get(answer.location)
    assert "Reading your file" in page.text
    assert page.headers["Refresh"] == "3"
    assert "Refresh" not in ann.get(f"{answer.location}?still=1").headers
    (path,) = folder(begun).iterdir()
    assert path.read_bytes() == RIS
    assert path.stat().st_mode & 0o777 == 0o600
    assert "search" not in path.name
    begun.work_on_files()
    ready = ann.get(answer.location)
    assert "This file would bring 1 new paper" in ready.text
    assert "my search.ris" in ready.text
    assert "An invented trial of Theraplay in crowded waiting rooms" in ready.text
    assert "Theraplay in crowded" not in ann.get("/queue").text, "nothing is kept yet"
    yes = ann.send(f"{answer.location}/bring-in", page=answer.location)
    assert yes.status_code == 303
    waiting = ann.get(answer.location)
    assert "0 of 1 done" in waiting.text
    assert waiting.headers["Refresh"] == "3"
    begun.work_on_files()
    done = ann.get(answer.location).text
    assert "1 new paper came in" in done
    assert "Screen the papers in the queue" in done
    queue = ann.get("/queue").text
    assert "in crowded waiting rooms" in queue
    assert "a file somebody brought" in queue
    assert list(folder(begun).iterdir()) == []


def test_a_file_thought_better_of_leaves_nothing(begun, browse, send):
    ann = browse(begun.ann)
    address = send(begun.ann).location
    begun.work_on_files()
    assert ann.send(f"{address}/discard", page=address).status_code == 303
    assert list(folder(begun).iterdir()) == []
    assert "This file was discarded" in ann.get(address).text
    answer = ann.post(f"{address}/bring-in", {}, csrf=ann.csrf())
    assert answer.status_code == 409
    assert "decided on this file" in answer.text


def test_nobody_else_but_an_admin_sees_a_file(begun, browse, send):
    address = send(begun.ann, name="secret search.ris").location
    begun.work_on_files()
    ben, ada = browse(begun.ben), browse(begun.ada)
    assert ben.get(address).status_code == 404
    for step in ("bring-in", "discard"):
        assert ben.post(f"{address}/{step}", {}, csrf=ben.csrf()).status_code == 404
    assert "secret search" not in ben.get("/import").text
    assert ada.get(address).status_code == 200
    listed = ada.get("/import").text
    assert "secret search" in listed
    assert "Ann Example" in listed


def test_a_file_that_is_no_use_says_what_to_bring(begun, browse, send):
    address = send(begun.ann, b"PK\x03\x04 xl/workbook.xml", "mine.ris").location
    begun.work_on_files()
    page = browse(begun.ann).get(address).text
    assert "This file could not be used" in page
    assert "This is an Excel workbook: save it as CSV with a title column." in page
    assert list(folder(begun).iterdir()) == []


def test_no_file_and_an_empty_file_are_told_beside_the_field(begun, browse, send):
    browser = browse(begun.ann)
    answer = browser.send("/import", {})
    assert answer.status_code == 400
    assert "Choose a file" in answer.text
    answer = send(begun.ann, b"")
    assert answer.status_code == 400
    assert "The file is empty" in answer.text


def test_one_person_has_a_few_files_open_at_most(begun, send):
    for _ in range(uploads.MOST_OPEN):
        assert send(begun.ann).status_code == 303
    answer = send(begun.ann)
    assert answer.status_code == 409
    assert "10 files open" in answer.text
    assert len(list(folder(begun).iterdir())) == uploads.MOST_OPEN


@pytest.fixture
def settings(tmp_path):
    return settings_module.parse({"web": {"max_upload_mb": 2}}, folder=tmp_path)


def test_a_file_above_the_limit_is_refused_on_the_page(begun, send):
    fits = RIS + b"\n" * (2 * 2**20 - len(RIS))
    assert send(begun.ann, fits).status_code == 303
    for size in (2 * 2**20 + 1, 3 * 2**20):
        answer = send(begun.ann, b" " * size)
        assert answer.status_code in {400, 413}
        assert "The file is larger than 2 MB" in answer.text
    assert len(list(folder(begun).iterdir())) == 1


def test_only_who_may_bring_files_may_send_much_and_only_there(begun, browse, send):
    much = b" " * (3 * 2**19)
    answer = send(begun.ann, much, path="/sign-out")
    assert answer.status_code == 413
    for user in (begun.rob, None):
        browser = browse(user)
        answer = browser.client.post("/import", **form_of(browser.csrf(), much, "x.ris"))
        assert answer.status_code in {303, 401, 403, 413}
    assert not folder(begun).exists()


def test_a_hostile_name_and_title_stay_text(world, browse):
    ann = browse(world.ann)
    for address in ("/import", f"/import/{min(world.files.values())}"):
        page = ann.get(address).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_every_state_has_its_words():
    assert set(imports.STATES) == set(ImportState)
