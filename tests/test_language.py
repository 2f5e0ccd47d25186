from pathlib import Path

import pytest

from rag.datatypes import Document
from rag.load import load_documents
from rag.load.language import detect_language, other_languages
from tests.conftest import Command

TEXTS = {
    "en": "The council voted on Tuesday to close the old harbour bridge, and cars will go round by the northern road.",
    "de": "Der Stadtrat hat am Dienstag beschlossen, die alte Hafenbrücke zu schließen; Autos müssen im Norden vorbei.",
    "fr": "Le conseil a voté mardi la fermeture du vieux pont du port, et les voitures passeront par la route du nord.",
    "es": "El consejo votó el martes cerrar el viejo puente del puerto, y los coches darán la vuelta por el norte.",
    "zh": "议会周二投票决定关闭旧港口大桥，汽车将绕行北路。维修工程需要两年时间，费用比预计的高一倍。",
    "ja": "議会は火曜日に古い港の橋を閉鎖することを決めた。車は北の道を通って迂回することになる。",
    "ko": "의회는 화요일에 오래된 항구 다리를 폐쇄하기로 결정했다. 자동차는 북쪽 길로 돌아가야 한다.",
    "ar": "صوّت المجلس يوم الثلاثاء على إغلاق جسر الميناء القديم، وستسلك السيارات الطريق الشمالي لمدة عامين.",
    "hi": "परिषद ने मंगलवार को पुराने बंदरगाह पुल को बंद करने का फैसला किया, और गाड़ियाँ उत्तरी सड़क से जाएँगी।",
    "ru": "Совет во вторник проголосовал за закрытие старого портового моста, машины поедут по северной дороге.",
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), TEXTS.items(), ids=TEXTS)
def test_a_language_is_told_from_one_sentence(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "Words.", "12 34 55 67 89 90 123 456 789", "😀" * 50])
def test_too_little_tells_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_what_an_article_declares_goes_before_what_its_text_looks_like() -> None:
    def language(header: str) -> str | None:
        [document] = load_documents(f"---\n{header}\n---\n{TEXTS['de']}".encode(), "a.md")
        return document.language

    assert language("title: X") == "de"
    assert language("lang: gsw-CH") == "gsw"
    assert language("language: EN_gb") == "en"
    assert language("language: German") == "de"


def test_documents_in_other_languages_than_english_are_counted() -> None:
    documents = [
        Document(str(number), "", "", "", language=language)
        for number, language in enumerate(["en", "de", None, "de", "zh"])
    ]
    assert other_languages(documents) == {"de": 2, "zh": 1}


@pytest.mark.models
def test_indexing_says_once_that_articles_are_not_in_the_language_of_the_encoder(command: Command) -> None:
    for number, text in enumerate([TEXTS["de"], TEXTS["de"], TEXTS["en"]]):
        Path(f"{number}.txt").write_text(f"{text} {number}", encoding="utf-8")
    files = ("0.txt", "1.txt", "2.txt")
    assert "English" not in command("index", *files, "--encoder", "hashing", "--library", "light").stderr
    ran = command("index", *files, "--offline", "--library", "real")
    assert ran.stderr.count("not all articles are in English (de 2), the language of the encoder all-MiniLM-L6-v2") == 1
    assert "--encoder paraphrase-multilingual-MiniLM-L12-v2" in ran.stderr
    assert "English" not in command("index", *files, "--offline", "--library", "real").stderr
