"""Questions are told apart by what kind of answer they ask for."""

import pytest

from rag.questions import QuestionKind, plain_question, question_kind, with_question_mark

QUESTIONS = {
    QuestionKind.YES_NO: (
        "Did Russia recall its ambassador?",
        "Didn't Russia recall its ambassador?",
        "Is the harbour open on Sundays, or not?",
        "Is it true that the bridge is closed?",
        "Were 3,000 ballots never delivered?",
        "was the ferry late",
        "In 2024, did the council vote for the bridge?",
        "And has the council voted?",
        "According to the mayor, will the road be built?",
        "Can you tell me whether the road will be built?",
        "Did the man who sold the boat pay two or three fines?",
        "May the boats fish near the turbines?",
        "Did the radar, which Japan plans, raise protests?",
        "Will the harbour be closed for ten or more days?",
    ),
    QuestionKind.CHOICE: (
        "Who won, Lelmet or Eide?",
        "Who objected to the price, the government or the opposition?",
        "Is the island in the north or in the south?",
        "Did the mayor or the council close the road?",
        "Which is cheaper, gas, oil or coal?",
    ),
    QuestionKind.LIST: (
        "Which countries took part?",
        "Which two towns did the minister visit?",
        "In which cities were talks held?",
        "What are the main exports of Lorvane?",
        "What other promises did Dray make?",
        "What business districts does the town have?",
        "Who were the speakers?",
        "Name the three largest mills.",
        "List the ships that took part.",
        "Can you list the ships that took part?",
        "Give me some examples of side effects.",
        "The fleet was sent to what harbours?",
    ),
    QuestionKind.REASON: (
        "Why did China object to the radar?",
        "How come the bread is dearer?",
        "How does the new lamp save power?",
        "How did the beetle get to the island?",
        "What caused the fire?",
        "What was the reason for the delay?",
        "For what reason was the start put off?",
        "Could you explain why the gallery was closed?",
    ),
    QuestionKind.DESCRIPTION: (
        "Describe the lighthouse of St. Orrin.",
        "Can you explain the new tariff?",
        "summary of the harbour plan",
        "What is the process of building a bridge or a road?",
        "what's the difference between a ferry and a tender",
        "What was the main effect on the boats?",
        "What does 'full scope' mean?",
        "What do the two colours of the flag represent?",
        "What happens in the end?",
        "What happened to the old ferry?",
        "What determines the price of bread?",
        "What was the talk in Bergen about?",
        "What is a statocyst?",
        "What's an ordinary council?",
        "Who was Edith Vance?",
        "What is the Marrow & Vale Building Society?",
        "Where does the name of the island come from?",
        "where does the bronx get its name from",
        "how to mend a net",
        "when do you need to soak the peas",
        "Where can I moor a dinghy?",
        "When does the warden light the lamp?",
        "When was the wall built, and why?",
        "Who was the first warden and what did he do?",
    ),
    QuestionKind.FACT: (
        "When did Pete Hegseth visit Tokyo?",
        "Who designed the lighthouse?",
        "When did you last light the lamp?",
        "Where does the canal join the river?",
        "What did North Korea object to?",
        "Which party does Amina Dray belong to?",
        "Which class does the ship belong to?",
        "How many missiles were ordered?",
        "How is the new beetle called?",
        "What species is it?",
        "What is the process of taking salt from water called?",
        "What makes up most of the crust?",
        "What is the name of the harbour?",
        "What is the highest hill of the island?",
        "What is the result of the vote?",
        "Who is the mayor of Marrowbridge?",
        "Who was first?",
        "Where does the ferry leave from?",
        "How many boats came, and how much did they catch?",
        "Which sport awards the oldest trophy?",
        "Do you know who designed the lighthouse?",
        "Is the harbour closed, and if so, since when?",
        "Is what harbour closed?",
        "May 2025 saw which strike?",
        "Is-land traffic",
        "",
        "?",
        # Other languages, some with words that open a question in English.
        "Was hat Nordkorea kritisiert?",
        "Will Japan ein Radar bauen, und wozu?",
        "Is het museum open?",
        "Pourquoi la Chine a-t-elle protesté ?",
        "北朝鮮は何に反対しましたか",
    ),
}


@pytest.mark.parametrize(
    ("question", "kind"), [(question, kind) for kind, questions in QUESTIONS.items() for question in questions]
)
def test_the_kind_of_a_question(question: str, kind: QuestionKind) -> None:
    assert question_kind(question) is kind


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("And could you tell me, in 2024, did it rain?", "did it rain?"),
        ("Who commands it? (the exercise in May)", "Who commands it?"),
        ("Why was it closed?", "Why was it closed?"),
    ],
)
def test_what_leads_up_to_a_question_is_no_part_of_it(question: str, plain: str) -> None:
    assert plain_question(question) == plain


def test_the_topic_of_a_follow_up_does_not_change_its_kind() -> None:
    assert question_kind("Did it recall its ambassador? (Russia; which countries took part)") is QuestionKind.YES_NO


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("who built the mill", "who built the mill?"),
        ("Who built the mill. ", "Who built the mill?"),
        ("Who lives in the U.S.?", "Who lives in the U.S.?"),
        ("Who built it? (the mill)", "Who built it? (the mill)"),
    ],
)
def test_a_question_has_its_mark_once(question: str, marked: str) -> None:
    assert with_question_mark(question) == marked
