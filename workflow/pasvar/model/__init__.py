"""The APARENT2 network family: checkpoints, model classes, tokenizer.

Nothing is imported until it is asked for: the scoring path needs `pasvar.model.checkpoint` alone, and importing
transformers takes seconds.
"""

from importlib import import_module

_HOME = {
    "Aparent2Config": "configuration",
    "Aparent2ForSequencePrediction": "modeling",
    "Aparent2Model": "modeling",
    "Aparent2ModelOutput": "modeling",
    "Aparent2PreTrainedModel": "modeling",
    "Aparent2Tokenizer": "tokenization",
    "Checkpoint": "checkpoint",
    "load_checkpoint": "checkpoint",
    "resolve_model": "fetch",
    "save_checkpoint": "checkpoint",
}

__all__ = list(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
