"""A model of two small layers, and tasks for it: training it takes a second."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from prompt_confidence_training.base import PROJECTIONS, Base, Projection, as_is
from prompt_confidence_training.task import Answer, Event, Example, Settings, Split, Task

VOCABULARY = 64
ANSWER = Answer(labels=2, events=(Event(0, (60,), ends=False), Event(1, (61,), ends=False)), end_tokens=(1,))
SETTINGS = Settings(
    loss="label",
    rank=4,
    alpha=4,
    dropout=0.1,
    learning_rate=1e-2,
    epochs=6,
    batch=8,
    micro_batch=4,
    patience=8,
    stop_on="nll",
    threads=1,
    seed=0,
)


def model() -> LlamaForCausalLM:
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.3,
    )
    made = LlamaForCausalLM(config).eval()
    made.requires_grad_(requires_grad=False)
    return made


def base() -> Base:
    made = model()
    projections = tuple(
        Projection(name=name, tensor=f"blk.{name.split('.')[2]}.{PROJECTIONS[kind]}.weight", arrange=as_is)
        for name, module in made.named_modules()
        if isinstance(module, nn.Linear) and (kind := name.rsplit(".", 1)[-1]) in PROJECTIONS
    )
    return Base(model=made, projections=projections, architecture="llama")


def examples(count: int = 120, seed: int = 3) -> tuple[Example, ...]:
    """Rows whose last token tells their label."""
    random = np.random.default_rng(seed)
    parts: tuple[Split, ...] = ("test", "validation", "train", "train", "train")
    rows = []
    for at in range(count):
        label = at % 2
        tokens = [2, *random.integers(10, 50, random.integers(4, 12)).tolist(), 5 + label]
        rows.append(Example(parts[at // 2 % len(parts)], tuple(tokens), label, None, None))
    return tuple(rows)


def task(settings: Settings = SETTINGS, answer: Answer = ANSWER) -> Task:
    return Task(
        gguf=Path("none.gguf"),
        folder=None,
        answer=answer,
        settings=settings,
        largest_difference=0.05,
        examples=examples(),
        fingerprint="f",
    )
