"""``rag eval verify``: how rightly the verifier judges claims."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rag.checks import Check
from rag.cli.evaluate.measured import Selection
from rag.cli.evaluate.options import Baseline, Limit, Out, Sample, Seed, SkipBad, Tolerance, offering_to_skip
from rag.cli.evaluate.runs import carry_out, read_gate
from rag.cli.options import AsJson, ModelsFolder, Offline, VerifierName
from rag.evaluate.cases import read_pairs
from rag.evaluate.environment import code_fingerprint, digest_data
from rag.evaluate.run import Setup
from rag.evaluate.verify import KIND, measure_claim
from rag.settings import Settings
from rag.verifiers import load_verifier
from rag.verify import ENTAILMENT, verify_attribution


def evaluate_verifier(
    pairs: Annotated[Path, typer.Argument(help="Claims with their sources, as .jsonl.", show_default=False)],
    out: Out = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    verifier: VerifierName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure how rightly the verifier says whether a source bears a claim, by kind of edit.

    Example: rag eval verify pairs.jsonl
    """
    gate = read_gate(baseline, tolerance)
    with offering_to_skip():
        found = read_pairs(pairs, skip_bad)
    settings = Settings.read(verifier=verifier, models=models, offline=offline)
    selection = Selection(sample, seed, limit, skip_bad)
    fingerprints: dict[str, object] = {"data": digest_data(pairs), "code": code_fingerprint()}
    further: dict[str, Check] = {}
    if settings.verifier:
        joining = load_verifier(settings.verifier, settings)
        fingerprints["verifier"] = joining.fingerprint
        further[ENTAILMENT] = joining.check_entailment
    setup = Setup(KIND, found.name, selection.settings, fingerprints)
    measure = partial(measure_claim, verify=partial(verify_attribution, further=further))
    carry_out(setup, selection.draw(found.pairs), found.skipped, measure, out, gate, as_json)
