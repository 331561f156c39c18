"""The label probabilities of a model, as the engine defines them.

P(label) is the sum over its spellings of the product of their token probabilities, each a softmax over the whole
vocabulary; a spelling that another label's continues counts only where the answer ends after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prompt_confidence_training.task import Answer


@dataclass(frozen=True)
class Batch:
    """Sequences of several prompts, padded on the right, and the positions at which a distribution is read."""

    tokens: Tensor
    """(sequences, length)"""
    row: Tensor
    """(prompts × nodes) sequence of each read"""
    position: Tensor
    """(prompts × nodes) position of each read in its sequence"""


class AnswerReader:
    """Makes sequences of prompts, and label log-probabilities of the logits after them."""

    def __init__(self, answer: Answer) -> None:
        """Plan which paths are evaluated after each prompt, and which tokens are read at their nodes."""
        self.labels = answer.labels
        nodes: dict[tuple[int, ...], int] = {}
        terms: list[tuple[int, int]] = []
        index: dict[tuple[int, int], int] = {}

        def term(path: tuple[int, ...], token: int) -> int:
            key = (nodes.setdefault(path, len(nodes)), token)
            if key not in index:
                index[key] = len(terms)
                terms.append(key)
            return index[key]

        self._events = [
            (
                event.label,
                [term(event.path[:depth], token) for depth, token in enumerate(event.path)],
                [term(event.path, token) for token in answer.end_tokens] if event.ends else [],
            )
            for event in answer.events
        ]
        self._nodes = list(nodes)
        self._term_node = torch.tensor([node for node, _ in terms])
        self._term_token = torch.tensor([token for _, token in terms])
        # A path that another one passes is read on its way.
        self._paths = [
            path
            for path in self._nodes
            if not any(other != path and other[: len(path)] == path for other in self._nodes)
        ]

    @property
    def sequences(self) -> int:
        """How many sequences one prompt takes."""
        return len(self._paths)

    def batch(self, prompts: Sequence[Sequence[int]]) -> Batch:
        """Put prompts together. Attention is causal, so what stands behind a sequence changes nothing in it."""
        rows = [[*prompt, *path] for prompt in prompts for path in self._paths]
        length = max(len(row) for row in rows)
        tokens = torch.tensor([[*row, *[row[-1]] * (length - len(row))] for row in rows])
        where = [next(at for at, path in enumerate(self._paths) if path[: len(node)] == node) for node in self._nodes]
        row, position = [], []
        for at, prompt in enumerate(prompts):
            for node, path in zip(self._nodes, where, strict=True):
                row.append(at * len(self._paths) + path)
                position.append(len(prompt) - 1 + len(node))
        return Batch(tokens=tokens, row=torch.tensor(row), position=torch.tensor(position))

    def label_log_probs(self, logits: Tensor) -> Tensor:
        """(prompts, labels) ln P(label) before normalising over the labels, of (prompts × nodes, vocabulary) logits."""
        device = logits.device
        by_prompt = logits.view(-1, len(self._nodes), logits.shape[-1])
        total = torch.logsumexp(by_prompt, dim=-1)
        node, token = self._term_node.to(device), self._term_token.to(device)
        terms = by_prompt[:, node, token] - total[:, node]
        of_label: list[list[Tensor]] = [[] for _ in range(self.labels)]
        for label, walked, ending in self._events:
            log_prob = terms[:, walked].sum(dim=-1)
            if ending:
                log_prob = log_prob + torch.logsumexp(terms[:, ending], dim=-1)
            of_label[label].append(log_prob)
        return torch.stack([torch.logsumexp(torch.stack(each, dim=-1), dim=-1) for each in of_label], dim=-1)
