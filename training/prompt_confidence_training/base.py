"""The model that is tuned: the classifier's own GGUF, dequantised, or a Hugging Face folder of the same weights.

How llama.cpp's tensors lie in relation to transformers' is not taken from a list of architectures but found by
comparing weights: an adapter whose rows lie in another order would load, and quietly say something else.
"""

import errno
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from prompt_confidence_training.answers import AnswerReader, Batch
from prompt_confidence_training.messages import Refusal
from prompt_confidence_training.task import Task

PROJECTIONS = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
"""Projections of attention and MLP: as transformers calls them, and as llama.cpp does."""

_HEADS = {"q_proj": "attention.head_count", "k_proj": "attention.head_count_kv"}
"""Projections whose rows llama.cpp may hold in another order, and where the GGUF says how many heads there are."""

_SAME = 0.3
"""Relative difference up to which two weights are one: four-bit weights differ by a tenth from what they were."""

Rows: TypeAlias = npt.NDArray[np.float32]
Arrangement: TypeAlias = Callable[[Rows], Rows]


def as_is(rows: Rows) -> Rows:
    """Leave rows in their order."""
    return rows


def interleaved(heads: int) -> Arrangement:
    """Reorder the rows of each head as llama.cpp's converter does for the architecture llama: halves become pairs."""

    def arrange(rows: Rows) -> Rows:
        count = len(rows)
        halves = rows.reshape(heads, 2, count // heads // 2, *rows.shape[1:])
        return halves.swapaxes(1, 2).reshape(rows.shape)

    return arrange


@dataclass(frozen=True)
class Projection:
    """One matrix that gets an adapter."""

    name: str
    """As transformers has it: model.layers.3.self_attn.q_proj."""
    tensor: str
    """As llama.cpp has it: blk.3.attn_q.weight."""
    arrange: Arrangement
    """From transformers' rows to llama.cpp's."""


@dataclass(frozen=True)
class Base:
    """A model in memory, with the places where it gets an adapter."""

    model: nn.Module
    projections: tuple[Projection, ...]
    architecture: str


def load_base(task: Task) -> Base:
    """Load the model of a task.

    Raises Refusal where transformers does not know the architecture, or the two files hold different weights.
    """
    reader = GGUFReader(task.gguf)
    architecture = _text(reader, "general.architecture")
    if task.folder is not None:
        _check_vocabulary(reader, task.folder)
    model = _load_model(task, architecture)
    projections = tuple(_projections(model, reader, architecture))
    model.requires_grad_(requires_grad=False)
    return Base(model=model, projections=projections, architecture=architecture)


def _load_model(task: Task, architecture: str) -> nn.Module:
    options: dict[str, Any] = {"dtype": torch.float32, "local_files_only": True}
    try:
        if task.folder is not None:
            model = AutoModelForCausalLM.from_pretrained(task.folder, **options)
        else:
            model = AutoModelForCausalLM.from_pretrained(task.gguf.parent, gguf_file=task.gguf.name, **options)
    except (ValueError, OSError, KeyError, ImportError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from error
        where = task.folder or task.gguf.name
        advice = (
            "Name another folder with --base."
            if task.folder is not None
            else "Name a Hugging Face folder of the same weights with --base."
        )
        raise Refusal(
            f"transformers cannot load {where} (architecture {architecture}): {_first_line(error)} {advice}"
        ) from error
    if not isinstance(model, nn.Module):
        raise Refusal(f"transformers made no model of {task.gguf.name}.")
    return model


def _first_line(error: Exception) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
    return line if line.endswith(".") else f"{line}."


def _projections(model: nn.Module, reader: GGUFReader, architecture: str) -> Iterator[Projection]:
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    arrangements: dict[str, Arrangement] = {}
    found = 0
    for name, module in model.named_modules():
        kind = name.rsplit(".", 1)[-1]
        if kind not in PROJECTIONS or not isinstance(module, nn.Linear):
            continue
        block = next(part for part in name.split(".") if part.isdigit())
        tensor = f"blk.{block}.{PROJECTIONS[kind]}.weight"
        if tensor not in tensors:
            raise Refusal(
                f"The GGUF has no tensor {tensor}, so a model of the architecture {architecture} cannot be tuned here."
            )
        if kind not in arrangements:
            weights = dequantize(tensors[tensor].data, tensors[tensor].tensor_type)
            arrangements[kind] = _arrangement(module.weight, weights, _candidates(reader, architecture, kind), tensor)
        found += 1
        yield Projection(name=name, tensor=tensor, arrange=arrangements[kind])
    if found == 0:
        raise Refusal(f"A model of the architecture {architecture} has no projections that can be tuned here.")


def _candidates(reader: GGUFReader, architecture: str, kind: str) -> list[Arrangement]:
    if kind not in _HEADS:
        return [as_is]
    heads = _number(reader, f"{architecture}.{_HEADS[kind]}")
    return [as_is, interleaved(heads)]


def _arrangement(ours: Tensor, theirs: Rows, candidates: list[Arrangement], tensor: str) -> Arrangement:
    own = ours.detach().numpy()
    if own.shape != theirs.shape:
        raise Refusal(
            f"{tensor} has the shape {theirs.shape} in the GGUF and {own.shape} in the folder: "
            "they are different models."
        )
    size = float(np.linalg.norm(theirs))
    differences = [float(np.linalg.norm(arrange(own) - theirs)) / size for arrange in candidates]
    best = int(np.argmin(differences))
    if differences[best] > _SAME:
        raise Refusal(
            f"{tensor} differs between the GGUF and what transformers loaded (by {differences[best]:.0%}): "
            "they are different models."
        )
    return candidates[best]


def _check_vocabulary(reader: GGUFReader, folder: Path) -> None:
    """Refuse a folder whose tokens have other ids."""
    field = reader.get_field("tokenizer.ggml.tokens")
    if field is None:
        raise Refusal("The GGUF has no vocabulary.")
    own = [bytes(field.parts[at]).decode("utf-8", "replace") for at in field.data]
    try:
        tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        vocabulary = tokenizer["model"]["vocab"]
        added = {each["content"]: each["id"] for each in tokenizer.get("added_tokens", [])}
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(f"{folder} has no tokenizer.json that can be read, so its tokens cannot be compared.") from error
    pairs = (
        vocabulary.items() if isinstance(vocabulary, dict) else ((each[0], at) for at, each in enumerate(vocabulary))
    )
    for token, at in [*pairs, *added.items()]:
        if at >= len(own) or own[at] != token:
            raise Refusal(
                f"The token {token!r} has another id in {folder} than in the GGUF: they are different models."
            )


def _text(reader: GGUFReader, key: str) -> str:
    field = reader.get_field(key)
    if field is None:
        raise Refusal(f"The GGUF does not name {key}.")
    return str(field.contents())


def _number(reader: GGUFReader, key: str) -> int:
    field = reader.get_field(key)
    if field is None:
        raise Refusal(f"The GGUF does not name {key}.")
    return int(field.contents())


def label_log_probs(model: nn.Module, reader: AnswerReader, batch: Batch) -> Tensor:
    """(prompts, labels) ln P(label). Logits are computed only where they are read."""
    device = next(model.parameters()).device
    # Below peft's wrapper. transformers has no types that would say what a model is made of.
    causal: Any = getattr(model, "get_base_model", lambda: model)()
    hidden = causal.model(input_ids=batch.tokens.to(device), use_cache=False).last_hidden_state
    logits = causal.lm_head(hidden[batch.row.to(device), batch.position.to(device)])
    cap = getattr(causal.config, "final_logit_softcapping", None)
    if cap is not None:
        logits = torch.tanh(logits / cap) * cap
    return reader.label_log_probs(logits)
