"""What the trainer is given: settings and token ids as JSON lines. It never sees a text."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from prompt_confidence_training.messages import Refusal

SCHEMA = 1

Split: TypeAlias = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Event:
    """One disjoint way to give a label: these tokens after the prompt, then, where `ends`, any end token."""

    label: int
    path: tuple[int, ...]
    ends: bool


@dataclass(frozen=True)
class Answer:
    """How an answer is read: as the engine reads it (src/core/scoring/answer-plan.ts)."""

    labels: int
    events: tuple[Event, ...]
    end_tokens: tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """Settings of a run; see src/core/model/adapter-card.ts."""

    loss: Literal["label", "confidence-aware"]
    rank: int
    alpha: float
    dropout: float
    learning_rate: float
    epochs: int
    batch: int
    micro_batch: int
    patience: int
    stop_on: Literal["nll", "ece"]
    threads: int
    seed: int


@dataclass(frozen=True)
class Example:
    """One row: the tokens of its prompt, and its label."""

    split: Split
    tokens: tuple[int, ...]
    label: int
    target: tuple[float, ...] | None
    """Distribution over labels that the confidence is taught; None: all of it on the label."""
    engine: tuple[float, ...] | None
    """ln P(label) as the engine has it without an adapter, where the two are compared."""


@dataclass(frozen=True)
class Task:
    """All that a run depends on."""

    gguf: Path
    folder: Path | None
    """A Hugging Face folder of the same weights; None: the GGUF itself, dequantised."""
    answer: Answer
    settings: Settings
    largest_difference: float
    """Mean absolute difference of label probabilities from the engine's up to which the base is taken for the same."""
    examples: tuple[Example, ...]
    fingerprint: str
    """SHA-256 of the input but for where the base lies: a checkpoint of another input is not continued."""

    def of(self, split: Split) -> list[Example]:
        """Rows of one part, in their order."""
        return [example for example in self.examples if example.split == split]


def read_task(file: Path) -> Task:
    """Read an input file.

    Raises Refusal for one that is damaged or of another version.
    """
    data = file.read_bytes()
    try:
        lines = [json.loads(line) for line in data.decode("utf-8").splitlines()]
        head, rest = lines[0], lines[1:]
        if head["schema"] != SCHEMA:
            raise Refusal("The input was written by another version of Prompt Confidence. Start again.")
        answer = _answer(head["answer"])
        return Task(
            gguf=Path(head["base"]["gguf"]),
            folder=None if head["base"]["folder"] is None else Path(head["base"]["folder"]),
            answer=answer,
            settings=_settings(head["settings"]),
            largest_difference=float(head["largestDifference"]),
            examples=tuple(_example(line, answer.labels) for line in rest),
            fingerprint=_fingerprint({**head, "base": None}, data.partition(b"\n")[2]),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Refusal(f"The input of the trainer is damaged ({error!r}). Start again.") from error


def _fingerprint(head: Mapping[str, object], examples: bytes) -> str:
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode() + examples).hexdigest()


def _answer(value: Mapping[str, Sequence[Mapping[str, object]]]) -> Answer:
    events = tuple(
        Event(label=_int(event["label"]), path=_ints(event["path"]), ends=bool(event["ends"]))
        for event in value["events"]
    )
    labels = 1 + max(event.label for event in events)
    if {event.label for event in events} != set(range(labels)):
        raise ValueError("a label without a spelling")
    return Answer(labels=labels, events=events, end_tokens=_ints(value["endTokens"]))


def _settings(value: Mapping[str, object]) -> Settings:
    loss, stop_on = value["loss"], value["stopOn"]
    if loss not in ("label", "confidence-aware") or stop_on not in ("nll", "ece"):
        raise ValueError("an unknown loss or criterion")
    return Settings(
        loss=loss,
        rank=_int(value["rank"]),
        alpha=_float(value["alpha"]),
        dropout=_float(value["dropout"]),
        learning_rate=_float(value["learningRate"]),
        epochs=_int(value["epochs"]),
        batch=_int(value["batch"]),
        micro_batch=_int(value["microBatch"]),
        patience=_int(value["patience"]),
        stop_on=stop_on,
        threads=_int(value["threads"]),
        seed=_int(value["seed"]),
    )


def _example(value: Mapping[str, object], labels: int) -> Example:
    split = value["split"]
    if split not in ("train", "validation", "test"):
        raise ValueError("an unknown split")
    example = Example(
        split=split,
        tokens=_ints(value["tokens"]),
        label=_int(value["label"]),
        target=_floats(value.get("target")),
        engine=_floats(value.get("engine")),
    )
    if not example.tokens or not 0 <= example.label < labels:
        raise ValueError("an example without tokens or with an unknown label")
    if any(given is not None and len(given) != labels for given in (example.target, example.engine)):
        raise ValueError("an example with numbers for other labels")
    return example


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _float(value: object) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return float(value)


def _ints(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_int(each) for each in value)


def _floats(value: object) -> tuple[float, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_float(each) for each in value)
