"""Weights: which are known, where they come from, and that their bytes are the right ones."""

from rag.models.catalogue import CATALOGUE, HubRepository, Model, Role, WeightFile, WheelPart, find_model
from rag.models.files import Progress
from rag.models.locate import Located, locate_encoder, locate_language_model, locate_reranker, locate_verifier
from rag.models.store import Verdict, is_stamped, model_path, models_folder, pull_model, verify_model

__all__ = [
    "CATALOGUE",
    "HubRepository",
    "Located",
    "Model",
    "Progress",
    "Role",
    "Verdict",
    "WeightFile",
    "WheelPart",
    "find_model",
    "is_stamped",
    "locate_encoder",
    "locate_language_model",
    "locate_reranker",
    "locate_verifier",
    "model_path",
    "models_folder",
    "pull_model",
    "verify_model",
]
