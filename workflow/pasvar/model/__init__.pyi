"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .architecture import (
    RELEASED_CONFIG as RELEASED_CONFIG,
    tensor_shapes as tensor_shapes,
)
from .checkpoint import (
    BUNDLED as BUNDLED,
    KERAS_SHA256 as KERAS_SHA256,
    Checkpoint as Checkpoint,
    checkpoint_files as checkpoint_files,
    load_checkpoint as load_checkpoint,
    require_own_name as require_own_name,
    save_checkpoint as save_checkpoint,
)
from .configuration import (
    Aparent2Config as Aparent2Config,
)
from .fetch import (
    default_cache as default_cache,
    resolve_model as resolve_model,
)
from .logits import (
    both_log_odds as both_log_odds,
    summarise_logits as summarise_logits,
)
from .losses import (
    ISOFORM_END as ISOFORM_END,
    ISOFORM_START as ISOFORM_START,
    cleavage_loss as cleavage_loss,
    distribution_kl as distribution_kl,
    isoform_share as isoform_share,
    read_weights as read_weights,
    sigmoid_kl as sigmoid_kl,
)
from .modeling import (
    Aparent2ForSequencePrediction as Aparent2ForSequencePrediction,
    Aparent2Model as Aparent2Model,
    Aparent2ModelOutput as Aparent2ModelOutput,
    Aparent2PreTrainedModel as Aparent2PreTrainedModel,
)
from .tokenization import (
    Aparent2Tokenizer as Aparent2Tokenizer,
)
