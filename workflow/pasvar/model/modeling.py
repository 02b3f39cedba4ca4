"""The network as transformers models: APARENT2, from a window of 205 nt to a distribution of cleavage over its positions.

Source: Linder et al. 2022, Genome Biology 23:232; johli/aparent-resnet. Class, argument and tensor names follow the
network's Hugging Face model card. Weights in and out of other formats: `pasvar.model.checkpoint`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import ModelOutput

from pasvar.model.checkpoint import Checkpoint
from pasvar.model.configuration import Aparent2Config
from pasvar.model.layers import Convolution, Encoder
from pasvar.sequence import N_CODE


@dataclass
class Aparent2ModelOutput(ModelOutput):
    """What the network returns; `None` where it was not asked for."""

    loss: Tensor | None = None
    """(): with labels only."""
    logits: Tensor | None = None
    """(batch, num_labels): softmax over them is the distribution of cleavage, the last one being no cleavage."""
    pooler_output: Tensor | None = None
    """(batch, hidden_size): mean of last_hidden_state over the positions."""
    last_hidden_state: Tensor | None = None
    """(batch, sequence_length, hidden_size): the summed skip branches, from which the logits are read."""
    hidden_states: tuple[Tensor, ...] | None = None
    """num_groups + 1 of (batch, sequence_length, hidden_size): the residual stream before the first group and after each."""


class Aparent2PreTrainedModel(PreTrainedModel):
    """Loading, saving and initialisation, shared by the models."""

    config_class = Aparent2Config
    base_model_prefix = "model"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv1d | nn.Linear):
            nn.init.xavier_normal_(module.weight)  # the authors' glorot_normal
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, dropout: float = 0.0):
        """The model, in evaluation mode, with the weights of a `Checkpoint`."""
        model = cls(Aparent2Config(**checkpoint.config, dropout=dropout))
        prefix = "" if hasattr(model, "model") else "model."
        state = {name.removeprefix(prefix): torch.tensor(tensor) for name, tensor in checkpoint.tensors.items()}
        missing, unexpected = model.load_state_dict(state, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unexpected:
            raise ValueError(
                f"checkpoint {checkpoint.name} does not fit the model: missing {missing}, unexpected {unexpected}"
            )
        return model.eval()

    def to_checkpoint(self, name: str, source: str = "") -> Checkpoint:
        """The present weights as a `Checkpoint`, float32."""
        prefix = "" if hasattr(self, "model") else "model."
        tensors = {
            prefix + key: tensor.detach().float().cpu().numpy()
            for key, tensor in self.state_dict().items()
            if not key.endswith("num_batches_tracked")
        }
        return Checkpoint(name, self.config.architecture(), tensors, source=source)


class Aparent2Model(Aparent2PreTrainedModel):
    """The network."""

    def __init__(self, config: Aparent2Config):
        super().__init__(config)
        self.encoder = Encoder(config.architecture(), config.dropout)
        self.prediction = Convolution(config.hidden_size, 1)
        self.library_bias = nn.Linear(config.num_libraries, config.architecture()["num_labels"])
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.encoder.projection

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        library: Tensor | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        **kwargs,
    ) -> Aparent2ModelOutput | tuple[Tensor, ...]:
        """Give either `input_ids` (batch, sequence_length), codes of A C G T/U N, or `inputs_embeds`
        (batch, sequence_length, vocab_size), their one-hot or any mixture.

        `attention_mask` (batch, sequence_length): positions that are 0 are read as N. `library` (batch,) or
        (batch, num_libraries): the training sub-library, an index or weights; by default the configuration's.
        Raises ValueError naming the shape that is wrong.
        """
        bases = self._bases(input_ids, attention_mask, inputs_embeds)
        summed, streams = self.encoder(bases.transpose(1, 2).unsqueeze(2))
        positions = self.prediction(summed)[:, 0, 0]
        # "no cleavage" has no position of its own: its logit is 0 before the library's bias
        logits = nn.functional.pad(positions, (0, 1)) + self._library_bias(library, bases)
        if output_hidden_states is None:
            output_hidden_states = self.config.output_hidden_states
        output = Aparent2ModelOutput(
            logits=logits,
            pooler_output=summed.mean((2, 3)),
            last_hidden_state=summed.squeeze(2).transpose(1, 2),
            hidden_states=tuple(stream.squeeze(2).transpose(1, 2) for stream in streams)
            if output_hidden_states
            else None,
        )
        return output if self._wants_dict(return_dict) else output.to_tuple()

    def _wants_dict(self, return_dict: bool | None) -> bool:
        return bool(self.config.return_dict) if return_dict is None else return_dict

    def _bases(self, input_ids: Tensor | None, attention_mask: Tensor | None, inputs_embeds: Tensor | None) -> Tensor:
        """(batch, sequence_length, vocab_size) in the weights' own precision."""
        given = input_ids if inputs_embeds is None else inputs_embeds
        if given is None or (input_ids is not None and inputs_embeds is not None):
            raise ValueError("give either input_ids or inputs_embeds")
        length, channels, dtype = (
            self.config.sequence_length,
            self.config.vocab_size,
            self.encoder.projection.weight.dtype,
        )
        expected = ("batch", length) if inputs_embeds is None else ("batch", length, channels)
        if tuple(given.shape[1:]) != expected[1:]:
            raise ValueError(f"the input has shape {tuple(given.shape)}, expected ({', '.join(map(str, expected))})")
        bases = (nn.functional.one_hot(given.long(), channels) if inputs_embeds is None else given).to(dtype)
        if attention_mask is None:
            return bases
        if attention_mask.shape != given.shape[:2]:
            raise ValueError(
                f"attention_mask has shape {tuple(attention_mask.shape)}, expected {tuple(given.shape[:2])}"
            )
        unknown = nn.functional.one_hot(torch.tensor(N_CODE, device=bases.device), channels).to(dtype)
        return torch.where(attention_mask.bool().unsqueeze(-1), bases, unknown)

    def _library_bias(self, library: Tensor | None, bases: Tensor) -> Tensor:
        """(batch or 1, num_labels)."""
        if library is None:
            library = torch.tensor([self.config.library_index], device=bases.device)
        if library.ndim == 1:
            library = nn.functional.one_hot(library.long(), self.config.num_libraries)
        return self.library_bias(library.to(bases.dtype))


class Aparent2ForSequencePrediction(Aparent2PreTrainedModel):
    """The network and a loss: the same logits."""

    def __init__(self, config: Aparent2Config):
        super().__init__(config)
        self.model = Aparent2Model(config)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        library: Tensor | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        **kwargs,
    ) -> Aparent2ModelOutput | tuple[Tensor, ...]:
        """As `Aparent2Model`; with `labels` (batch, num_labels) also the loss.

        ``config.head["problem_type"]`` "regression" compares labels with logits by mean squared error, as the model
        card's class does; "distribution" takes labels as cleavage distributions and is the authors' training loss.
        """
        output = self.model(input_ids, attention_mask, inputs_embeds, library, output_hidden_states, return_dict=True)
        if labels is not None:
            output.loss = self._loss(output.logits, labels.to(output.logits.dtype))
        return output if self.model._wants_dict(return_dict) else output.to_tuple()

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        if labels.shape != logits.shape:
            raise ValueError(f"labels have shape {tuple(labels.shape)}, expected {tuple(logits.shape)}")
        problem = self.config.head.get("problem_type")
        if problem == "regression":
            return nn.functional.mse_loss(logits, labels)
        if problem == "distribution":
            from pasvar.model.losses import cleavage_loss, isoform_share

            return cleavage_loss(logits, labels, isoform_share(labels))
        raise ValueError(f"head problem_type must be regression or distribution, not {problem!r}")


AutoConfig.register("aparent2", Aparent2Config)
AutoModel.register(Aparent2Config, Aparent2Model)
