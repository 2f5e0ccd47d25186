"""What type of answer a question expects, and whether sentences have it."""

import pytest

from rag.answer_type import gives_amount, gives_name, gives_time, leaves_open


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("How many trees fell?", "Several trees fell.", False),
        ("How many trees fell?", "Half of the trees fell.", True),
        ("How many trees fell?", "No trees fell.", True),
        ("How many of the six trees fell?", "The six trees stood near the mill.", False),
        ("Which trees fell?", "Several trees fell.", True),
        ("What decides how many trees are felled?", "The council decides it.", True),
    ],
)
def test_an_amount_is_missing_only_where_one_is_asked_for(question: str, sentence: str, holds: bool) -> None:
    assert gives_amount(question, sentence) is holds


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("When did the old mill close?", "The mill closed after a flood.", True),
        ("when was the mill closed", "It closed on a Sunday.", True),
        ("When does the mill close?", "The mill closes at nine.", True),
        ("When does the mill close?", "The mill closes at 21:00.", True),
        ("When does the ferry leave?", "The ferry leaves with the tide.", True),
        ("When did the old mill close?", "The mill closed for good.", False),
        ("When millers lose their work, what becomes of them?", "They leave.", True),
        ("In what year did the old mill close?", "The mill closed in 1931.", True),
        ("In what century was the mill built?", "It is of the twelfth century.", True),
        ("In which decade was the mill built?", "It was built in the 1950s.", True),
        ("In what year did the old mill close?", "The old mill closed years ago.", False),
    ],
)
def test_a_time_may_be_told_by_what_was_done_then_but_a_year_only_by_one(
    question: str, sentence: str, holds: bool
) -> None:
    assert gives_time(question, sentence) is holds


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("Who led the girls' team?", "The girls' team was led with skill.", False),
        ("who sang lanterns for mara quill", "Curiously, Lanterns is a song of Mara Quill's.", False),
        ("who sang lanterns for mara quill", "Lanterns was sung by Ada Brook.", True),
        ("What was the name of the miller of Lindau?", "The miller of Lindau saw him.", False),
        ("What was the name of the miller of Lindau?", "The miller was Jon Tarn.", True),
        ("Where does the miller live?", "He lives by the water.", True),
    ],
)
def test_a_name_is_one_that_the_question_has_not_got(question: str, sentence: str, holds: bool) -> None:
    assert gives_name(question, sentence) is holds


@pytest.mark.parametrize(
    ("question", "said", "open_"),
    [
        ("How many trees fell?", "The storm was the worst. It felled trees of the park.", True),
        ("How many trees fell?", "The storm was the worst. It felled 14 trees.", False),
        ("How many trees fell?", "Several trees fell.", False),
        ("Do they know how many trees fell?", "They counted them.", False),
        ("When did the trees fall?", "The trees fell with a great noise.", True),
        ("Who felled the trees?", "The woodcutters did.", False),
    ],
)
def test_a_question_is_left_open_where_nothing_of_the_type_it_expects_is_said(
    question: str, said: str, open_: bool
) -> None:
    assert leaves_open(question, said) is open_
