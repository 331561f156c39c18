"""Makes a sequence classification model: a head on a base that is frozen, or is tuned with it; exported to ONNX.

    python scripts/encoder_models.py BASE TASK.json FOLDER

BASE holds a BERT model with its tokenizer. TASK.json: see `Task`. FOLDER gets what a model folder has (config.json,
tokenizer.json, tokenizer_config.json, model.onnx), the same weights as transformers reads them (model.safetensors), and
reference.json: what tokenizers and transformers give for texts that were not trained on. The seed is fixed, and so
are all settings: none was chosen by looking at those texts. Other processors round otherwise.
"""

import json
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForSequenceClassification, get_linear_schedule_with_warmup

SEED = 7
# Texts whose outputs are kept in reference.json.
LOGITS = 64
OPSET = 17


@dataclass(frozen=True)
class Task:
    """What is to be learned."""

    labels: list[str]
    problem: str | None
    """`problem_type` of config.json; None for a head of one output, whose config says nothing."""
    tune: bool
    """Whether the base learns as well."""
    texts: list[str]
    targets: list[Any]
    """For each text the index of its label; with `multi_label_classification` or one output 0 or 1 for each output."""
    held: list[str]
    """Texts for reference.json."""


@dataclass(frozen=True)
class Settings:
    """How it is learned."""

    epochs: int
    batch: int
    rate: float


HEAD = Settings(epochs=30, batch=64, rate=1e-3)
WHOLE = Settings(epochs=3, batch=32, rate=5e-5)


class Texts:
    """The tokens of texts, and how they become batches."""

    def __init__(self, file: Path, texts: list[str]) -> None:
        """Cut as tokenizer.json says; never padded before they are put together."""
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_padding()
        self.ids: list[list[int]] = [each.ids for each in tokenizer.encode_batch(texts)]
        self.padding = tokenizer.token_to_id("[PAD]") or 0

    def batch(self, rows: list[int]) -> dict[str, torch.Tensor]:
        """Make inputs of the model, padded to the longest of them."""
        ids = [self.ids[row] for row in rows]
        longest = max(map(len, ids))
        padded = torch.tensor([each + [self.padding] * (longest - len(each)) for each in ids])
        mask = torch.tensor([[1] * len(each) + [0] * (longest - len(each)) for each in ids])
        return {"input_ids": padded, "attention_mask": mask, "token_type_ids": torch.zeros_like(padded)}


def batches(rows: list[int], size: int) -> Iterator[list[int]]:
    """Rows in their order, `size` at a time."""
    return (rows[at : at + size] for at in range(0, len(rows), size))


def targets_of(task: Task) -> tuple[torch.Tensor, torch.nn.Module]:
    """Give the targets as a tensor, and the loss that belongs to them."""
    if task.problem == "single_label_classification":
        return torch.tensor(task.targets), torch.nn.CrossEntropyLoss()
    return torch.tensor(task.targets, dtype=torch.float32), torch.nn.BCEWithLogitsLoss()


def learn(parameters: list[torch.nn.Parameter], settings: Settings, task: Task, outputs: Any) -> None:
    """Trains with AdamW and a rate that falls to nothing.

    `outputs` gives the outputs of the model for rows of the task.
    """
    targets, loss = targets_of(task)
    optimizer = torch.optim.AdamW(parameters, lr=settings.rate, weight_decay=0.01)
    steps = settings.epochs * -(-len(task.texts) // settings.batch)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in batches(torch.randperm(len(task.texts)).tolist(), settings.batch):
            value = loss(outputs(rows), targets[rows])
            optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            total += value.item() * len(rows)
        sys.stdout.write(f"epoch {epoch + 1} of {settings.epochs}: loss {total / len(task.texts):.4f}\n")


def train_head(model: Any, texts: Texts, task: Task) -> None:
    """Pooler and classifier learn. The base is evaluated once for each text."""
    model.eval()
    first = torch.empty(len(task.texts), model.config.hidden_size)
    # Texts of like length together: less padding.
    order = sorted(range(len(task.texts)), key=lambda row: len(texts.ids[row]))
    with torch.no_grad():
        for rows in batches(order, 32):
            first[rows] = model.bert(**texts.batch(rows)).last_hidden_state[:, 0]
    parameters = [*model.bert.pooler.parameters(), *model.classifier.parameters()]
    model.dropout.train()

    def outputs(rows: list[int]) -> torch.Tensor:
        pooled: torch.Tensor = model.classifier(model.dropout(model.bert.pooler(first[rows].unsqueeze(1))))
        return pooled

    learn(parameters, HEAD, task, outputs)


def train_whole(model: Any, texts: Texts, task: Task) -> None:
    """Everything learns."""
    model.train()
    learn(list(model.parameters()), WHOLE, task, lambda rows: model(**texts.batch(rows)).logits)


def export(model: Any, texts: Texts, file: Path) -> None:
    """One file with its weights in it."""
    inputs = texts.batch([0, 1])
    names = list(inputs)
    dynamic = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (),
            str(file),
            kwargs=inputs,
            input_names=names,
            output_names=["logits"],
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )


def reference(folder: Path, held: list[str]) -> dict[str, Any]:
    """Ask tokenizers for the ids of all texts, and transformers for the outputs of the first ones, each by itself."""
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    texts = Texts(folder / "tokenizer.json", held)
    with torch.no_grad():
        rows = range(min(LOGITS, len(held)))
        logits = [[round(value, 6) for value in model(**texts.batch([row])).logits[0].tolist()] for row in rows]
    return {"texts": held, "ids": texts.ids, "logits": logits}


def main() -> None:
    """Make one model."""
    base, task_file, folder = map(Path, sys.argv[1:])
    task = Task(**json.loads(task_file.read_text()))
    torch.manual_seed(SEED)
    # As many threads as cores would add up in another order.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    names = dict(enumerate(task.labels))
    config = AutoConfig.from_pretrained(
        base, id2label=names, label2id={name: at for at, name in names.items()}, problem_type=task.problem
    )
    model = AutoModelForSequenceClassification.from_pretrained(base, config=config)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(base / name, folder / name)
    texts = Texts(folder / "tokenizer.json", task.texts)
    (train_whole if task.tune else train_head)(model, texts, task)
    model.eval()
    model.save_pretrained(folder)
    export(model, texts, folder / "model.onnx")
    (folder / "reference.json").write_text(json.dumps(reference(folder, task.held)))


main()
