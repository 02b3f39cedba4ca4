"""DNA and RNA text to the network's codes, as a transformers tokenizer: one token per base, nothing added."""

import json
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizer

from pasvar.constants import WINDOW_LENGTH
from pasvar.model.configuration import Aparent2Config
from pasvar.sequence import BASES, decode, encode


class Aparent2Tokenizer(PreTrainedTokenizer):
    """``tokenizer(["ACGT...", ...], return_tensors="pt")``: codes of A C G T N, in either case, U being T.

    The other IUPAC letters are N; anything else is a ValueError that names the character. Shorter texts of a batch are
    padded with N on request (``padding=True``), and the attention mask tells those apart.
    """

    vocab_files_names = {"vocab_file": "vocab.json"}  # noqa: RUF012  (transformers' own name and type)
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(self, vocab_file: str | None = None, pad_token: str = "N", unk_token: str = "N", **kwargs):
        # the vocabulary never changes; the file exists because from_pretrained wants one
        kwargs.setdefault("model_max_length", WINDOW_LENGTH)
        super().__init__(pad_token=pad_token, unk_token=unk_token, **kwargs)

    @property
    def vocab_size(self) -> int:
        return len(BASES)

    def get_vocab(self) -> dict[str, int]:
        return {base: code for code, base in enumerate(BASES)}

    def _tokenize(self, text: str, **kwargs) -> list[str]:
        return list(decode(encode(text)))

    def _convert_token_to_id(self, token: str) -> int:
        return BASES.index(token)

    def _convert_id_to_token(self, index: int) -> str:
        return BASES[index]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """The text again, as upper-case DNA."""
        return "".join(tokens)

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """A sequence as it is: the network knows no special tokens."""
        return token_ids_0 + (token_ids_1 or [])

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str]:
        """Write the five letters and their codes."""
        path = Path(save_directory) / f"{filename_prefix + '-' if filename_prefix else ''}vocab.json"
        path.write_text(json.dumps(self.get_vocab(), indent=2) + "\n")
        return (str(path),)


AutoTokenizer.register(Aparent2Config, slow_tokenizer_class=Aparent2Tokenizer)
