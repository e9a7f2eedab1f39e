"""What is kept on disk comes back as it was, also what only a card can make."""

import pytest
import tiny
import torch
from torch import nn
from torchao.prototype.mx_formats import inference_workflow
from torchao.quantization import Int4TilePackedTo4dTensor

from minimon.images.engine.capabilities import Card
from minimon.images.sdxl import keeping, quantizing, quantizing_sdnq
from minimon.images.sdxl.checkpoint import Checkpoint, find_checkpoint
from minimon.images.sdxl.parts import Parts


@pytest.fixture
def checkpoint(variables) -> Checkpoint:
    return find_checkpoint(variables["sdxl_turbo_model"], lambda *_: None)


def pack_tiles(parts: Parts) -> None:
    """Put random weights in the layout of a card's int4 where ``int4_tile_packed`` would put the real ones."""
    for name, module in parts.unet.named_modules():
        if quantizing.eligible(module, name):
            outputs, inputs = module.out_features, -(-module.in_features // 1024) * 1024
            tiles = torch.randint(2**31 - 1, (outputs // 8, inputs // 128, 32, 4), dtype=torch.int32)
            scales = torch.randn(inputs // quantizing.INT4_GROUP, outputs, 2, dtype=torch.bfloat16)
            packed = Int4TilePackedTo4dTensor(tiles, scales, [1, quantizing.INT4_GROUP], module.weight.shape)
            module.weight = nn.Parameter(packed, requires_grad=False)


def quantized(unet: nn.Module) -> dict[str, torch.Tensor]:
    """Return the weights that are of a class of torchao's."""
    return {name: one for name, one in unet.state_dict().items() if hasattr(one, "tensor_data_names")}


def parts_of(weight: torch.Tensor) -> list[torch.Tensor]:
    return [getattr(weight, name) for name in weight.__tensor_flatten__()[0]]


@pytest.mark.parametrize(
    ("word", "quantize"), [("int4-tile-packed", pack_tiles), ("fp4-dynamic", quantizing.fp4_dynamic)]
)
def test_what_only_a_card_makes_is_read_to_the_bit_and_moves(checkpoint, tmp_path, monkeypatch, word, quantize):
    monkeypatch.setattr(inference_workflow, "is_sm_at_least_100", lambda: True)
    unet = tiny.make_unet().to(torch.bfloat16)
    quantize(Parts(unet, tiny.make_vae(), Card("cpu", "CPU")))
    keeping.keep_unet(tmp_path / "unet.pt", unet)
    read = keeping.read_unet(tmp_path / "unet.pt", checkpoint, word, torch.bfloat16)
    written, found = quantized(unet), quantized(read)
    assert written
    assert written.keys() == found.keys()
    for name, weight in written.items():
        assert type(weight) is type(found[name])
        assert weight.__tensor_flatten__()[1] == found[name].__tensor_flatten__()[1]
        assert all(map(torch.equal, parts_of(weight), parts_of(found[name])))
    read.to("meta")
    assert {part.device.type for weight in quantized(read).values() for part in parts_of(weight)} == {"meta"}


def test_weights_of_sdnq_are_widened_to_what_the_network_computes_in(checkpoint, tmp_path):
    unet = tiny.make_unet().to(torch.bfloat16)
    quantizing_sdnq.to_uint4(unet)
    keeping.keep_unet(tmp_path / "unet.pt", unet)
    read = keeping.read_unet(tmp_path / "unet.pt", checkpoint, "int4-sdnq", torch.bfloat16)
    layer = "down_blocks.2.attentions.0.transformer_blocks.0.ff.net.0.proj"
    inputs = torch.randn(1, 64, dtype=torch.bfloat16)
    outputs = [model.get_submodule(layer)(inputs) for model in (unet, read)]
    assert type(read.get_submodule(layer)).__name__ == "SDNQLinear"
    assert outputs[1].dtype == torch.bfloat16
    assert torch.allclose(*outputs)
