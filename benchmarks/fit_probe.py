"""Fits a probe: a logistic regression on a text's last token and mean, and a head of attention beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from rag.probe import Probe, last_and_mean

# What a squared weight of the whole costs beside the mean loss of a text, on standardised figures.
COST = 0.15
STEPS = 60
# A head that begins at nothing would stay there.
FIRST_WEIGHTS = 0.01


class _Regression(torch.nn.Module):
    """The log odds of texts; ``owner`` names the text of each token."""

    def __init__(self, of_whole: int, of_token: int) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(0)
        self.whole = torch.nn.Parameter(torch.zeros(of_whole))
        self.attention = torch.nn.Parameter(FIRST_WEIGHTS * torch.randn(of_token, generator=chance))
        self.attended = torch.nn.Parameter(FIRST_WEIGHTS * torch.randn(of_token, generator=chance))
        self.bias = torch.nn.Parameter(torch.zeros(()))

    def forward(self, whole: torch.Tensor, tokens: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
        nothing = torch.zeros(len(whole))
        drawn = tokens @ self.attention
        highest = nothing.scatter_reduce(0, owner, drawn, "amax", include_self=False)
        shares = torch.exp(drawn - highest[owner])
        added = nothing.index_add(0, owner, shares * (tokens @ self.attended))
        return whole @ self.whole + self.bias + added / nothing.index_add(0, owner, shares)

    def cost(self, of_head: float) -> torch.Tensor:
        head = self.attention.square().sum() + self.attended.square().sum()
        return COST * self.whole.square().sum() + of_head * head


def fit_probe(
    texts: Sequence[NDArray[np.float32]], right: NDArray[np.bool], counts: NDArray[Any], cost_of_head: float
) -> Probe:
    """Fit to each text's values, (layers, tokens, width), which of them are right; each counts so many times.

    ``cost_of_head`` is what a squared weight of the head costs. The probe's first layer is the first of those given.
    Sums taken by several threads differ in their last digits, and so do two fits.
    """
    layers, _, width = texts[0].shape
    whole, whole_mean, whole_scale = _standardise(np.stack([last_and_mean(text).ravel() for text in texts]))
    tokens, mean, scale = _standardise(
        np.concatenate([text.transpose(1, 0, 2).reshape(-1, layers * width) for text in texts])
    )
    owner = torch.arange(len(texts)).repeat_interleave(torch.tensor([text.shape[1] for text in texts]))
    wanted, weight = torch.from_numpy(right.astype(np.float32)), torch.from_numpy(counts / counts.mean())
    model = _Regression(whole.shape[1], tokens.shape[1])
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = binary_cross_entropy_with_logits(model(whole, tokens, owner), wanted, weight) + model.cost(cost_of_head)
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    # The probe is to look at figures as they are. What is taken from all tokens alike changes no share.
    of_whole = _weights(model.whole) / whole_scale
    attention, attended = _weights(model.attention) / scale, _weights(model.attended) / scale
    bias = model.bias.item() - float(of_whole @ whole_mean + attended @ mean)
    head = (attention.reshape(layers, width), attended.reshape(layers, width))
    return Probe(0, bias, of_whole.reshape(layers, 2, width), *head)


def _standardise(figures: NDArray[np.float32]) -> tuple[torch.Tensor, NDArray[np.float32], NDArray[np.float32]]:
    mean, scale = figures.mean(axis=0), figures.std(axis=0)
    return torch.from_numpy((figures - mean) / scale), mean, scale


def _weights(parameter: torch.nn.Parameter) -> NDArray[np.float32]:
    return np.asarray(parameter.detach(), dtype=np.float32)
