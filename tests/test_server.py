"""The server as a process: the real command and encoder, a scripted language model."""

import pytest

from tests.serving import Server

pytestmark = pytest.mark.models

QUESTION = "What did North Korea object to?"


def test_an_answer_comes_step_by_step(server: Server) -> None:
    events = server.events(QUESTION)
    names = [name for name, _ in events]
    assert names[0] == "retrieved"
    assert names[-2:] == ["sentence", "done"]
    assert set(names[1:-2]) == {"token"}
    retrieved, done = events[0][1], events[-1][1]
    assert retrieved["question"] == QUESTION
    assert retrieved["hits"] == done["hits"]
    (citation,) = done["citations"]
    text = server.client.get(f"/api/documents/{citation['document_id']}").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_refusal_says_why_and_shows_the_nearest_passages(server: Server) -> None:
    name, answer = server.events(f"{QUESTION} REFUSE")[-1]
    assert (name, answer["refused"], answer["refusal_reason"]) == ("done", True, "not_answered")
    assert answer["hits"]
