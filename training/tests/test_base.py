"""How tensors lie in a GGUF, and which folders are refused."""

import numpy as np
import pytest
import torch

from prompt_confidence_training.base import _arrangement, as_is, interleaved
from prompt_confidence_training.messages import Refusal


def permuted(rows: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's convert_hf_to_gguf.py, LlamaModel.permute."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


WEIGHTS = np.random.default_rng(0).normal(size=(32, 8)).astype(np.float32)


def test_rows_are_reordered_as_the_converter_does() -> None:
    assert (interleaved(4)(WEIGHTS) == permuted(WEIGHTS, 4)).all()
    # Each head: the halves become pairs.
    first = interleaved(4)(np.arange(32, dtype=np.float32)[:, None])[:8, 0]
    assert first.tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


@pytest.mark.parametrize("theirs", ["as they are", "permuted"])
def test_the_order_is_found_by_the_weights_also_where_they_are_rounded(theirs: str) -> None:
    stored = WEIGHTS if theirs == "as they are" else permuted(WEIGHTS, 4)
    rounded = (np.round(stored * 4) / 4).astype(np.float32)
    found = _arrangement(torch.tensor(WEIGHTS), rounded, [as_is, interleaved(4)], "blk.0.attn_q.weight")
    assert (found(WEIGHTS) == stored).all()


def test_other_weights_and_shapes_are_refused() -> None:
    other = np.random.default_rng(1).normal(size=(32, 8)).astype(np.float32)
    with pytest.raises(Refusal, match="different models"):
        _arrangement(torch.tensor(WEIGHTS), other, [as_is, interleaved(4)], "blk.0.attn_q.weight")
    with pytest.raises(Refusal, match="different models"):
        _arrangement(torch.tensor(WEIGHTS), other[:16], [as_is], "blk.0.attn_q.weight")
