"""Whether the weights are here, with the bytes that the catalogue knows."""

from collections.abc import Iterator

from rag.doctor.finding import Finding, State
from rag.errors import ModelError, ModelUnavailable
from rag.hints import command_line
from rag.models import (
    CATALOGUE,
    Model,
    Progress,
    Role,
    locate_encoder,
    locate_language_model,
    models_folder,
    verify_model,
)
from rag.models.files import format_bytes, ignore_progress
from rag.settings import Settings


def check_weights(settings: Settings, encoder: str, progress: Progress = ignore_progress) -> Iterator[Finding]:
    """Hash the weights of the language model and the encoder, and compare them with the catalogue."""
    for name, role in ((settings.llm, Role.LANGUAGE_MODEL), (encoder, Role.ENCODER)):
        model = next((model for model in CATALOGUE if (model.name, model.role) == (name, role)), None)
        yield _check_listed(model, settings, progress) if model else _check_unlisted(name, role, settings)


def _check_listed(model: Model, settings: Settings, progress: Progress) -> Finding:
    states = {verdict.state for verdict in verify_model(model.name, settings.models, progress)}
    command = command_line(f"rag models pull {model.name}", online=True, models=settings.models)
    pull = f"Run {command} ({format_bytes(model.size)})."
    if states == {"right"}:
        return Finding("weights", State.OK, f"{model.name} has the catalogue's SHA-256")
    if "wrong" in states:
        what = f"{model.name} has not the catalogue's SHA-256: its files are damaged or altered."
        return Finding("weights", State.PROBLEM, what, pull)
    state = State.PROBLEM if settings.offline else State.WARNING
    return Finding("weights", state, f"{model.name} is not, or not all, in {models_folder(settings.models)}.", pull)


def _check_unlisted(name: str, role: Role, settings: Settings) -> Finding:
    locate = locate_encoder if role is Role.ENCODER else locate_language_model
    try:
        located = locate(name, folder=settings.models, offline=True)
    except ModelUnavailable as error:
        advice = "Run the command that needs it once with a network, or take a model of `rag models list`."
        return Finding("weights", State.PROBLEM if settings.offline else State.WARNING, str(error), advice)
    except ModelError as error:
        return Finding("weights", State.PROBLEM, str(error), "Take a model of `rag models list`.")
    if located.verified:
        return Finding("weights", State.OK, f"{name} needs no weights")
    return Finding("weights", State.OK, f"{name} is there; it is not in the catalogue, so its bytes are not compared")
