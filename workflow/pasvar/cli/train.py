"""``pasvar train``: train a network, or fine-tune one."""

import argparse
from pathlib import Path

from pasvar.cli.arguments import finite
from pasvar.files import refuse_inputs
from pasvar.model import checkpoint_files, load_checkpoint, resolve_model
from pasvar.training import TrainSettings, read_table, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    defaults = TrainSettings()
    parser.add_argument(
        "table", help="parquet or CSV: sequence, library, read_count, proportion, cuts (see docs/model.md)"
    )
    parser.add_argument(
        "--out", required=True, help="directory for the model, the metrics and the state to continue from"
    )
    parser.add_argument("--start", help="model to fine-tune: bundled name, aparent2 or path (default: from scratch)")
    parser.add_argument("--name", default=defaults.name, help="name of the model in tables and reports")
    parser.add_argument("--epochs", type=int, default=defaults.epochs, help="(default: %(default)s)")
    parser.add_argument("--batch-size", type=int, default=defaults.batch_size, help="(default: %(default)s)")
    parser.add_argument("--learning-rate", type=finite, default=defaults.learning_rate, help="(default: %(default)s)")
    parser.add_argument("--patience", type=int, default=defaults.patience, help="(default: %(default)s)")
    parser.add_argument("--dropout", type=finite, default=defaults.dropout, help="(default: %(default)s)")
    parser.add_argument("--weigh-reads", action="store_true", help="weigh sequences by log2(1 + reads)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="(default: %(default)s)")
    parser.add_argument("--device", default=defaults.device, help="cpu, cuda or auto (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """``pasvar train``."""
    chosen = {key: value for key, value in vars(args).items() if key in TrainSettings.__dataclass_fields__}
    refuse_inputs([args.out, *checkpoint_files(Path(args.out, "model"))], [args.table, args.start])
    start = load_checkpoint(resolve_model(args.start)) if args.start else None
    train(read_table(args.table), args.out, TrainSettings(**chosen), start)
