"""What to search for, and bringing a file as a database's."""

import html

import pytest

from monitor.feeds.files import uploads

RIS = b"TY  - JOUR\nTI  - An invented trial of Theraplay\nPY  - 2026\nER  - \n"


@pytest.fixture
def send(begun, browse):
    """Send the form of files, its fields as a browser writes them."""

    def send(**fields: str):
        browser = browse(begun.ann)
        token = browser.fields(browser.get("/import"), "/import")["csrf_token"][0]
        parts = "".join(
            f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {"csrf_token": token, **fields}.items()
        )
        head = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.ris"\r\n\r\n'
        body = parts.encode() + head.encode() + RIS + b"\r\n--edge--\r\n"
        kind = "multipart/form-data; boundary=edge"
        return browser.client.post("/import", data=body, content_type=kind)

    return send


def test_reviewers_find_each_string_for_each_platform(begun, browse):
    words = html.unescape(browse(begun.ann).get("/queries").text)
    assert 'TIAB(theraplay OR "sunshine circles")' in words
    assert '(theraplay or "sunshine circles").ti,ab.' in words
    assert "Nobody is asked for one." in words


def test_a_file_is_kept_with_where_it_comes_from(begun, send):
    answer = send(source="psycinfo", exported="2026-11-20")
    assert answer.status_code == 303
    with begun.service.database.read() as session:
        (file,) = uploads.listed(session, None)
    assert (file.source, str(file.exported_on)) == ("psycinfo", "2026-11-20")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"source": "nosuch"}, "Choose a database of the list"),
        ({"source": "psycinfo", "exported": "yesterday"}, "Write the day of the export as a date"),
        ({"source": "psycinfo", "exported": "2999-01-01"}, "That day has not come yet"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_kept(begun, send, fields, told):
    answer = send(**fields)
    assert answer.status_code == 400
    assert told in answer.text
    with begun.service.database.read() as session:
        assert not uploads.listed(session, None)
