"""The commands of ``rag eval``, by name."""

import typer

from rag.cli.evaluate import ablate, answer, compare, generate, report, rescore, retrieve, verify

app = typer.Typer(
    no_args_is_help=True,
    help="Measure what is found and answered, and compare runs. Exit status: 0 done, 1 a regression, 2 an error.",
)
app.command("retrieve")(retrieve.evaluate_retrieval)
app.command("answer")(answer.evaluate_answers)
app.command("verify")(verify.evaluate_verifier)
app.command("generate")(generate.write_cases)
app.command("rescore")(rescore.show_rescored)
app.command("compare")(compare.show_changes)
app.command("report")(report.write_report)
app.command("ablate")(ablate.ablate_search)
