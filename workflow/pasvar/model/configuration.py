"""The configuration of the network, as transformers keeps it."""

from transformers import PreTrainedConfig

from pasvar.model.architecture import RELEASED_CONFIG, check_config


class Aparent2Config(PreTrainedConfig):
    """What an APARENT2 network looks like; the defaults are the authors' released one. Inconsistent values are a ValueError.

    `num_labels` counts the positions of the window and one for "no cleavage in this window". `batch_norm_momentum` is
    counted as Keras does. `head` says that the network is trained as a regression on distributions. `dropout` acts after
    the second convolution of a block, in training only.
    """

    model_type = "aparent2"

    def __init__(
        self,
        vocab_size: int = RELEASED_CONFIG["vocab_size"],
        sequence_length: int = RELEASED_CONFIG["sequence_length"],
        hidden_size: int = RELEASED_CONFIG["hidden_size"],
        num_groups: int = RELEASED_CONFIG["num_groups"],
        num_blocks: int = RELEASED_CONFIG["num_blocks"],
        kernel_size: int = RELEASED_CONFIG["kernel_size"],
        dilations: list[int] | None = None,
        num_libraries: int = RELEASED_CONFIG["num_libraries"],
        library_index: int = RELEASED_CONFIG["library_index"],
        hidden_act: str = RELEASED_CONFIG["hidden_act"],
        batch_norm_eps: float = RELEASED_CONFIG["batch_norm_eps"],
        batch_norm_momentum: float = RELEASED_CONFIG["batch_norm_momentum"],
        num_labels: int = RELEASED_CONFIG["num_labels"],
        head: dict | None = None,
        dropout: float = 0.0,
        **kwargs,
    ):
        self.vocab_size = vocab_size
        self.sequence_length = sequence_length
        self.hidden_size = hidden_size
        self.num_groups = num_groups
        self.num_blocks = num_blocks
        self.kernel_size = kernel_size
        self.dilations = list(dilations if dilations is not None else RELEASED_CONFIG["dilations"])
        self.num_libraries = num_libraries
        self.library_index = library_index
        self.hidden_act = hidden_act
        self.batch_norm_eps = batch_norm_eps
        self.batch_norm_momentum = batch_norm_momentum
        self.head = dict(head) if head is not None else {"problem_type": "regression"}
        self.dropout = dropout
        # A property of transformers' own class, which its signature does not show.
        super().__init__(num_labels=num_labels, **kwargs)  # type: ignore[call-arg]
        check_config(self.architecture())
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), not {dropout}")

    def to_dict(self) -> dict:
        """As transformers writes it, with the number of labels instead of a made-up name for each of them."""
        values = super().to_dict()
        return {key: value for key, value in values.items() if key not in {"id2label", "label2id"}} | {
            "num_labels": self.num_labels
        }

    def architecture(self) -> dict:
        """The fields that decide the network's shape and arithmetic; what a `Checkpoint` carries."""
        return {field: getattr(self, field) for field in RELEASED_CONFIG}
