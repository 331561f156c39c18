"""Copies a GGUF with every weight as a 32-bit float: no kernel of a quantised type stands between two programs then.

Nor does llama.cpp's GELU, a table of 16-bit floats between -10 and 10. Inputs that differ in their last bit may get
values that differ by a thousandth there, and more layers make more of it: weights that are moved by 1e-7 move gemma's
ln P by up to .002 with such a table, and by .00001 without. No other program can agree better than that with it. Where
a norm follows the MLP and takes out any factor, the copy therefore makes the MLP's inputs so large that nearly all lie
outside the table. That makes GELU a ReLU, in both programs, and changes no other operation.

python float32.py FROM TO
"""

import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.quants import dequantize

LARGE = np.float32(2**16)
"""A power of two: it changes no digit of a weight."""

SKIPPED = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture", "general.file_type")


def factor(name: str, names: set[str]) -> np.float32:
    """Say by what a tensor is multiplied."""
    before_mlp = name.endswith(".ffn_norm.weight")
    return LARGE if before_mlp and name.replace("ffn_norm", "post_ffw_norm") in names else np.float32(1)


def main() -> None:
    """Copy the file."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    reader = GGUFReader(source)
    architecture = reader.get_field("general.architecture")
    assert architecture is not None
    writer = GGUFWriter(target, architecture.contents())
    for field in reader.fields.values():
        if field.name in SKIPPED:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    writer.add_file_type(LlamaFileType.ALL_F32)
    names = {tensor.name for tensor in reader.tensors}
    for tensor in reader.tensors:
        if tensor.tensor_type == GGMLQuantizationType.F32:
            data = np.asarray(tensor.data, dtype=np.float32)
        else:
            data = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        writer.add_tensor(tensor.name, np.ascontiguousarray(data * factor(tensor.name, names)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
