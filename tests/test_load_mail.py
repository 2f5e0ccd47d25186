import io
import zipfile
from email.message import EmailMessage

import pytest

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load import load_documents


def message(text: str | None = "They met.", html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = "Talks", "Ana Ruiz <ana@e.org>", "Sun, 30 Mar 2025 10:00:00 +0200"
    if text is not None:
        made.set_content(text)
    if html is not None:
        (made.add_alternative if text is not None else made.set_content)(html, subtype="html")
    return made


def load(made: EmailMessage) -> list[Document]:
    return load_documents(bytes(made), "news/talks.eml")


class TestMessages:
    def test_subject_sender_and_date_describe_it(self) -> None:
        [document] = load(message())
        assert (document.text, document.title, document.author) == ("They met.", "Talks", "Ana Ruiz")
        assert (document.date, document.date_from, document.part) == ("2025-03-30T10:00:00+02:00", "mail header", None)

    def test_the_plain_part_is_read_unless_it_only_points_to_the_page(self) -> None:
        page = "<h2>Day one</h2><p>They met and they spoke for a very long time.</p>"
        assert load(message("Nearly as long as the page beside it.", page))[0].text.startswith("Nearly")
        for made in [message("See the page.", page), message("\n", page), message(None, page)]:
            [document] = load(made)
            assert document.text.startswith("## Day one\n\nThey met")
            assert document.places[0].heading == "Day one"

    def test_replies_that_are_quoted_stay(self) -> None:
        assert load(message("Yes.\n\n> Really?\n"))[0].text == "Yes.\n\n> Really?"

    def test_attachments_are_documents_of_their_own(self) -> None:
        made, forwarded = message(), message("Inner.")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("deep.txt", "Deep.")
        made.add_attachment("# Notes\n\nBring bread.\n", filename="notes.md")
        made.add_attachment(packed.getvalue(), "application", "zip", filename="more.zip")
        made.add_attachment(b"\x89PNG", "image", "png", filename="photo.png")
        made.add_attachment(forwarded)
        documents = load(made)
        assert [(document.part, document.title, document.text) for document in documents] == [
            (None, "Talks", "They met."),
            ("notes.md", "Notes", "Bring bread."),
            ("more.zip/deep.txt", "Deep", "Deep."),
            ("message.eml", "Talks", "Inner."),
        ]
        assert len({document.id for document in documents}) == 4

    def test_an_attachment_that_cannot_be_read_is_named(self) -> None:
        made = message()
        made.add_attachment(b"PK\x03\x04 torn", "application", "zip", filename="more.zip")
        skipped: dict[str, str] = {}
        assert len(load_documents(bytes(made), "a.eml", skipped=skipped)) == 1
        assert list(skipped) == ["a.eml/more.zip"]

    @pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "iso-8859-1", "no-such-thing", "utf-16", ""])
    def test_a_charset_that_lies_does_not_harm(self, charset: str) -> None:
        header = f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: 8bit\n\n'
        [document] = load_documents(b"Subject: x\n" + header.encode() + "Café, naïve – “so”.".encode(), "a.eml")
        assert document.text == "Café, naïve – “so”."

    def test_a_charset_that_is_right_is_followed(self) -> None:
        made = message(None)
        made.set_content("会議は金曜日に終わりました。", charset="iso-2022-jp")
        assert load(made)[0].text == "会議は金曜日に終わりました。"

    def test_without_subject_sender_and_date_it_is_named_by_its_file(self) -> None:
        [document] = load_documents(b"To: you\n\nText.\n", "no-subject.eml")
        assert (document.title, document.author, document.date) == ("No subject", None, None)

    def test_a_boundary_that_is_missing_loses_no_text(self) -> None:
        data = b'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\nStill here.\n'
        assert load_documents(data, "a.eml")[0].text == "Still here."

    @pytest.mark.parametrize("data", [b"", b"\n\nNo header.", b"\x00\xff\xfe random"])
    def test_what_is_no_mail_is_refused(self, data: bytes) -> None:
        with pytest.raises(LoadError, match=r"^a\.eml: .*\.$"):
            load_documents(data, "a.eml")


class TestMailboxes:
    def test_each_message_is_a_part(self) -> None:
        one, two = bytes(message("From here on it rains.\n\nFrom now on.\n")), bytes(message("Second."))
        separator = b"From ana@e.org Sun Mar 30 10:00:00 2025\n"
        quoted = one.replace(b"\nFrom ", b"\n>From ")
        documents = load_documents(separator + quoted + b"\n" + separator + two, "mail.mbox")
        assert [(document.part, document.text) for document in documents] == [
            ("message 1", "From here on it rains.\n\nFrom now on."),
            ("message 2", "Second."),
        ]
        assert {document.title for document in documents} == {"Talks"}

    def test_a_line_that_only_begins_like_a_separator_parts_nothing(self) -> None:
        data = b"From a@e.org Sun Mar 30 10:00:00 2025\nSubject: x\n\nOne.\n\nFrom now on it rains.\n"
        assert [document.text for document in load_documents(data, "a.mbox")] == ["One.\n\nFrom now on it rains."]

    def test_what_is_no_mailbox_is_refused(self) -> None:
        with pytest.raises(LoadError, match=r"^a\.mbox: no mailbox"):
            load_documents(b"Subject: x\n\nText.", "a.mbox")
