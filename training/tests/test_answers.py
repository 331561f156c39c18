"""Label probabilities: the definition, computed the slow way."""

import itertools
import math

import pytest
import tiny
import torch

from prompt_confidence_training.answers import AnswerReader
from prompt_confidence_training.base import label_log_probs
from prompt_confidence_training.task import Answer, Event

PROMPTS = [(2, 10, 11), (2, 20, 21, 22, 23, 24), (2, 30)]
SEVERAL = Answer(
    labels=2,
    events=(
        Event(0, (40,), ends=True),
        Event(0, (41, 42), ends=False),
        Event(1, (40, 43), ends=False),
        Event(1, (40, 43, 44), ends=False),
        Event(1, (45,), ends=False),
    ),
    end_tokens=(1, 3),
)


def slow(answer: Answer, prompt: tuple[int, ...]) -> list[float]:
    model = tiny.model()

    def log_prob(path: tuple[int, ...], token: int) -> float:
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *path]])).logits[0, -1]
        return float(torch.log_softmax(logits, dim=-1)[token])

    found = []
    for label in range(answer.labels):
        total = 0.0
        for event in answer.events:
            if event.label != label:
                continue
            walked = sum(log_prob(event.path[:depth], token) for depth, token in enumerate(event.path))
            ending = sum(math.exp(log_prob(event.path, token)) for token in answer.end_tokens) if event.ends else 1.0
            total += math.exp(walked) * ending
        found.append(math.log(total))
    return found


@pytest.mark.parametrize("answer", [tiny.ANSWER, SEVERAL], ids=["first token", "sequences that share a beginning"])
def test_are_sums_over_spellings(answer: Answer) -> None:
    reader = AnswerReader(answer)
    with torch.no_grad():
        together = label_log_probs(tiny.model(), reader, reader.batch(PROMPTS))
    for row, prompt in enumerate(PROMPTS):
        assert together[row].tolist() == pytest.approx(slow(answer, prompt), abs=1e-5)


def test_do_not_depend_on_what_else_is_in_the_batch() -> None:
    reader = AnswerReader(SEVERAL)
    with torch.no_grad():
        for prompt, order in itertools.product(PROMPTS, itertools.permutations(PROMPTS)):
            alone = label_log_probs(tiny.model(), reader, reader.batch([prompt]))[0]
            among = label_log_probs(tiny.model(), reader, reader.batch(order))[order.index(prompt)]
            assert among.tolist() == pytest.approx(alone.tolist(), abs=1e-5)
