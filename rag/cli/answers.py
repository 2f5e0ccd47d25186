"""Answers, refusals and passages as they are read on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rag.datatypes import Answer, Citation, Document, Fault, Hit, NearMiss, Refusal
from rag.events import Answered, Discarded, Event, Retrieved, Written

NEAREST = 3  # passages that a refusal shows
LEAST_LIKELY = 0.5
REASONS = {
    Refusal.NOTHING_FOUND: "Nothing was found that bears on the question.",
    Refusal.NOT_ANSWERED: "Articles on the subject were found, but they do not seem to answer it.",
    Refusal.NOT_SUPPORTED: "The model wrote an answer, but the articles do not bear it.",
    Refusal.WENT_WRONG: "What the model wrote cannot be shown: {fault}.",
}
FAULTS = {
    Fault.LOOP: "it says the same again and again",
    Fault.CUT_OFF: "it used up answer_tokens in its first sentence",
    Fault.TEMPLATE: "it has marks of a chat template in it",
    Fault.ECHO: "it only repeats the question or the instructions",
    Fault.SCRIPT: "it is in another script than the question and the articles",
}


def follow_answer(events: Iterator[Event]) -> Answer:
    """Show an answer as it is written, dim, and return it.

    The draft goes to stderr and only to a terminal: standard output is given verified words alone.
    """
    draft = Text(style="dim")
    with Live(Spinner("dots", "Searching …"), console=Console(stderr=True), transient=True) as view:
        for event in events:
            if isinstance(event, Retrieved):
                view.update(Spinner("dots", "Reading what was found …"))
            elif isinstance(event, Written):
                draft.append(event.text)
                view.update(draft)
            elif isinstance(event, Discarded):
                draft = Text(style="dim")
            elif isinstance(event, Answered):
                answer = event.answer
    return answer


def print_answer(answer: Answer) -> None:
    """Print how a question was understood if it was rewritten, and the answer with its footnotes, or the refusal."""
    console = Console(highlight=False)
    if answer.standalone_question != answer.question:
        console.print(Text(f"Understood as: {answer.standalone_question}", style="italic"), soft_wrap=True)
    if answer.refused:
        _print_refusal(console, answer)
    else:
        _print_cited(console, answer)


def print_unsupported(answer: Answer) -> None:
    """Print what the model wrote and the articles do not bear, with the checks that it fails."""
    console = Console(highlight=False)
    for sentence in answer.sentences:
        if sentence.start is not None:
            continue
        console.print(Text(f"\nNot said, since it is {sentence.status}: {sentence.text}"), soft_wrap=True)
        failed = [name for name, passed in sentence.checks.items() if not passed]
        if failed:
            console.print(Text(f"    fails: {', '.join(failed)}"), soft_wrap=True)
        if sentence.missing:
            console.print(Text(f"    in no source: {', '.join(sentence.missing)}"), soft_wrap=True)


def print_hits(hits: Sequence[Hit]) -> None:
    """Print the best sentence of each Hit below where it stands, or that there is none."""
    console = Console(highlight=False)
    if not hits:
        console.print("Nothing was found.")
    for place, hit in enumerate(hits, start=1):
        console.print(Text(f"{place}. {heading(hit.document)}  ({hit.score:.2f})", style="bold"), soft_wrap=True)
        console.print(Text(f"   {one_line(best_sentence(hit))}"), soft_wrap=True)
        if hit.also:
            elsewhere = ", ".join(dict.fromkeys(copy.document.source for copy in hit.also))
            console.print(Text(f"   also in {elsewhere}", style="dim"), soft_wrap=True)
        console.print()


def print_near_miss(near_miss: NearMiss) -> None:
    """Say where a search has hardly found anything that bears on its question."""
    console = Console(highlight=False)
    if near_miss.likely < LEAST_LIKELY:
        console.print("Nothing in the library seems to bear on the question.")
        _print_absent(console, near_miss)


def heading(source: Citation | Document) -> str:
    """Return the title, date, file and place of what is cited."""
    place = source.place if isinstance(source, Citation) else None
    return " · ".join(said for said in (source.title, source.date, source.source, source.part, place) if said)


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def best_sentence(hit: Hit) -> str:
    """Return the sentence of a Hit that bears best on the question."""
    best = max(range(len(hit.relevance)), key=hit.relevance.__getitem__)
    return hit.chunk.sentences[best].text


def _print_cited(console: Console, answer: Answer) -> None:
    console.print(Text(answer.text), soft_wrap=True)
    for citation in answer.citations:
        console.print()
        console.print(Text(f"[{citation.marker}] {heading(citation)}", style="bold"), soft_wrap=True)
        console.print(Text(f"    “{one_line(citation.quote)}”"), soft_wrap=True)


def _print_absent(console: Console, near_miss: NearMiss) -> None:
    if near_miss.absent_words:
        console.print(Text(f"In no article: {', '.join(near_miss.absent_words)}."), soft_wrap=True)


def _print_refusal(console: Console, answer: Answer) -> None:
    console.print(Text(answer.text))
    if answer.refusal_reason:
        fault = FAULTS[answer.fault] if answer.fault else ""
        console.print(Text(REASONS[answer.refusal_reason].format(fault=fault), style="dim"))
    _print_absent(console, answer.near_miss)
    if answer.refusal_reason is Refusal.NOT_ANSWERED and (words := answer.near_miss.contradicted_words):
        console.print(Text(f"The closest sentence says otherwise: {', '.join(words)}."), soft_wrap=True)
    if answer.hits:
        console.print(Text("\nThe nearest passages:", style="bold"))
    for hit in answer.hits[:NEAREST]:
        console.print(Text(f"  {heading(hit.document)}\n    “{one_line(best_sentence(hit))}”"), soft_wrap=True)
