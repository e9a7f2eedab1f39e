"""Make a language model that babbles: random weights, and a vocabulary of syllables and scraps of JSON.

Run by the interpreter of ``.venv-names``: ``python babbler.py FOLDER``.
"""

import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<unk>", "<s>", "</s>"]
SYLLABLES = ["Vel", "tor", "Mi", "na", "gal", "Fen", "dru", "sa", "Lo", "ri", "bel", "Quo", "zan", "pi"]
SCRAPS = [
    '{"name": "',
    '{"names": ["',
    '"}',
    '"]}',
    '", "',
    '"',
    "```json\n",
    "```",
    "Sure! ",
    "name",
    " ",
    "\n",
    "- ",
    "…",
]
TEMPLATE = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant: "


def main(folder: str) -> None:
    """Write the model and its tokenizer, the same each time."""
    words = SPECIAL + SYLLABLES + SCRAPS
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=4096,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
        )
    )
    model.generation_config = GenerationConfig(do_sample=True, bos_token_id=1, eos_token_id=2, pad_token_id=2)
    model.save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
