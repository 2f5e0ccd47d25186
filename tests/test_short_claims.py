"""Short denials and affirmations over several articles: none is borne by words that were picked up here and there."""

import pytest

from rag.answer_text import BORNE
from rag.attribute import attribute_sentences
from rag.checks.predicates import split_predicate
from rag.datatypes import Document, Status
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.verify import verify_attribution

ARTICLES = {
    "Kestrel-3 begins": "The exercise Kestrel-3 began in the Sea of Japan on Monday. South Korea sent two frigates. "
    "China was not invited and sent a note to Canberra.",
    "The flood at Corrach": "The dam at Corrach was not inspected for ten years. Heavy rain fell for six days. "
    "The warning system failed on the first night. Nobody was hurt, but the mill was damaged.",
    "The Harrow factory": "The Bank of Norway lent the money for the factory at Harrow. The factory never opened. "
    "Its director, Ines Moreau, refused to pay the workers. The union did not strike.",
    "The museum of Tarn": "The museum of Tarn opened in the old Geneva hotel. It does not charge for entry. "
    "The painter Osman Bey gave it forty pictures. Critics praised the new wing.",
    "The Lindwick vote": "The council of Lindwick voted on the new tram on Tuesday. Mayor Adele Koch opposed the tram. "
    "The Greens could not agree on a candidate. No tram will be built before 2030.",
    "Otters return": "Otters have returned to the river Marrow. Hunters from Portugal had wiped them out. "
    "The otters have not bred there yet. Farmers are without compensation for their fish.",
    "A comet over Elverum": "The comet Halden passed over Elverum in March. Astronomers from Lima photographed it. "
    "It did not break apart. The observatory had no working camera, so it bought one in Quito.",
    "The strike at Port Vell": "Dockers at Port Vell stopped work on Friday. "
    "The company Marlin never answered their letter. Nurses did not join them. "
    "Police were called, but nobody was arrested.",
    "A new cheese": "The dairy of Anna Holm makes a cheese with ash. It contains no salt. "
    "Judges in Lyon gave it a silver medal. The cheese is not sold in shops.",
    "Cup final": "Rovers beat United in the final in Cardiff. The goalkeeper Ray Dunne could not play. "
    "The referee did not award a penalty. Rain delayed the match by an hour.",
    "The Sorrel line": "The Sorrel line has not run since 2019. A storm from Iceland washed away the bridge. "
    "Trains to Quito Street stop at Ash Road instead. The ministry refused a grant.",
}
EVIDENCE = [
    Evidence(Document(title, text, title, f"{title}.md"), number, sentence, 1.0)
    for number, (title, text) in enumerate(ARTICLES.items())
    for sentence in split_sentences(text)
]
FALSE = [
    "Japan was not invited.",
    "Japan did not take part.",
    "Norway was not hurt.",
    "Geneva did not agree.",
    "Portugal was never inspected.",
    "Canberra did not strike.",
    "The mill was not inspected.",
    "The museum never opened.",
    "Ines Moreau did not strike.",
    "Osman Bey refused to pay.",
    "South Korea was not invited.",
    "Corrach did not strike.",
    "Portugal has not returned.",
    "No frigates were damaged.",
    "The hotel was not damaged.",
    "Adele Koch was not invited.",
    "The frigates have not returned.",
    "Critics did not agree.",
    "China has not sent a note.",
    "The mill was not damaged.",
    "The museum did not open in the old hotel.",
    "Japan was invited.",
    "Malta was not invited to Kestrel-3.",
    "Malta has returned to the river.",
    "The dam was damaged.",
    "The hotel was damaged.",
    "The workers have returned.",
    "The candidate was hurt.",
    "Norway opposed the tram.",
    "Portugal praised the wing.",
    "Geneva sent two frigates.",
    "Canberra opened in the old hotel.",
    "Osman Bey opposed the tram.",
    "Corrach voted on Tuesday.",
    "Quito did not play.",
    "Lima was not arrested.",
    "Iceland never answered.",
    "Cardiff was not called.",
    "Lyon did not break apart.",
    "The bridge was not sold.",
    "The camera did not break.",
    "The match was not sold in shops.",
    "The observatory did not award a medal.",
    "Police did not join them.",
    "The storm did not run.",
    "Ray Dunne was not arrested.",
    "Anna Holm never answered.",
    "The company did not play.",
    "Lima gave a medal.",
    "Iceland beat United.",
    "Quito stopped work on Friday.",
    "The cheese was arrested.",
    "The letter was delayed.",
    "The goalkeeper was called.",
    "United was delayed.",
    "The medal was photographed.",
    "The dairy has not answered.",
    "Nurses were photographed.",
]
RIGHT = [
    "China was not invited.",
    "China was not invited to Kestrel-3.",
    "The dam was not inspected.",
    "Corrach's dam was not inspected for ten years.",
    "The dam had not been inspected for ten years.",
    "Nobody was hurt.",
    "No one was hurt in the flood.",
    "The factory never opened.",
    "The Harrow factory did not open.",
    "Ines Moreau refused to pay the workers.",
    "Ines Moreau did not pay the workers.",
    "The union did not strike.",
    "The union didn't go on strike.",
    "The museum does not charge for entry.",
    "The museum of Tarn does not charge for entry.",
    "The Greens could not agree on a candidate.",
    "No tram will be built before 2030.",
    "The tram will not be built before 2030.",
    "The otters have not bred yet.",
    "Farmers are not compensated.",
    "Otters have not bred in the river Marrow yet.",
    "Adele Koch opposed the tram.",
    "South Korea sent frigates.",
    "The mill was damaged.",
    "Osman Bey gave forty pictures.",
    "Kestrel-3 began in the Sea of Japan.",
    "Hunters wiped out the otters.",
    "The warning system failed.",
    "The Bank of Norway lent the money.",
    "Critics praised the wing.",
    "The comet did not break apart.",
    "Nobody was arrested.",
    "Marlin never answered.",
    "Marlin did not answer the letter.",
    "Nurses did not join the dockers.",
    "Nurses did not join.",
    "The cheese contains no salt.",
    "The cheese is not sold.",
    "No penalty was awarded.",
    "The referee did not award a penalty.",
    "The line has not run since 2019.",
    "The Sorrel line does not run.",
    "The ministry did not give a grant.",
    "The ministry refused a grant.",
    "The observatory did not have a working camera.",
    "Police were called.",
    "The match was delayed.",
    "The match was delayed by rain.",
    "The comet was photographed.",
    "The bridge was washed away.",
    "United was beaten in the final.",
    "A silver medal was given by judges in Lyon.",
    "Trains stop at Ash Road.",
    "The cheese was given a silver medal.",
    "Police arrested no one.",
    "There were no arrests.",
    "The cheese has no salt in it.",
]


def status(sentence: str) -> Status:
    [attribution] = attribute_sentences(sentence, EVIDENCE)
    return verify_attribution(attribution).status


@pytest.mark.parametrize("sentence", FALSE)
def test_words_from_here_and_there_bear_no_short_sentence(sentence: str) -> None:
    assert status(sentence) not in BORNE


@pytest.mark.parametrize("sentence", RIGHT)
def test_what_one_source_says_is_borne_however_short(sentence: str) -> None:
    assert status(sentence) in BORNE


@pytest.mark.parametrize(
    ("clause", "subject", "predicate"),
    [
        ("The mill was not inspected", "The mill ", " not inspected"),
        ("The director refused to pay", "The director ", " to pay"),
        ("Marlin didn't answer", "Marlin ", " answer"),
        ("Rain delayed the match", "", "Rain delayed the match"),
    ],
)
def test_an_auxiliary_parts_subject_and_predicate(clause: str, subject: str, predicate: str) -> None:
    assert split_predicate(clause) == (subject, predicate)


def test_a_subject_is_known_through_sentences_that_lean_on_one_another() -> None:
    text = "The bridge at Tarn is old. It was painted in June. It has not been closed."
    evidence = [Evidence(Document("t", text, "Tarn", "t.md"), 0, sentence, 1.0) for sentence in split_sentences(text)]
    [attribution] = attribute_sentences("The bridge has not been closed.", evidence)
    assert verify_attribution(attribution).status in BORNE
