"""The adapter: LoRA on the projections of a model, and the file that llama.cpp loads."""

import os
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import Linear
from torch import Tensor, nn

from prompt_confidence_training.base import Base
from prompt_confidence_training.task import Settings


def with_adapter(base: Base, settings: Settings) -> nn.Module:
    """Put an adapter that changes nothing yet on a model."""
    torch.manual_seed(settings.seed)
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=[projection.name for projection in base.projections],
        bias="none",
    )
    tuned = get_peft_model(base.model, config)
    assert isinstance(tuned, nn.Module)
    return tuned


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Copy the adapter's weights."""
    return {
        name: parameter.detach().cpu().clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def set_weights(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put weights into the adapter of a model."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(weights[name])


def write_adapter(base: Base, model: nn.Module, alpha: float, file: Path) -> None:
    """Write the adapter in llama.cpp's format, whole or not at all.

    llama.cpp multiplies by alpha / rank, as peft does. Rows of the second matrix lie as those of the weights do there.
    """
    modules = {name.removeprefix("base_model.model."): module for name, module in model.named_modules()}
    temporary = file.with_suffix(".tmp")
    writer = GGUFWriter(temporary, base.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for projection in base.projections:
        module = modules[projection.name]
        assert isinstance(module, Linear)
        first, second = (each["default"].weight.detach().cpu().numpy() for each in (module.lora_A, module.lora_B))
        writer.add_tensor(f"{projection.tensor}.lora_a", np.ascontiguousarray(first))
        writer.add_tensor(f"{projection.tensor}.lora_b", np.ascontiguousarray(projection.arrange(second)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(file)
