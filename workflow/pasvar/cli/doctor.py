"""``pasvar doctor``: versions, device, and known variants scored on it; with --cluster, what goes wrong on clusters."""

import argparse
from collections.abc import Iterable

from pasvar.cli.predict import add_model_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    add_model_arguments(parser)
    cluster = parser.add_argument_group("a cluster, before a long run (nothing is scored then)")
    cluster.add_argument(
        "--cluster",
        action="store_true",
        help="look at Slurm, the profile, HOME, TMPDIR, the run's folder and the store",
    )
    cluster.add_argument("--profile", default="slurm", help="as for snakemake (default: %(default)s)")
    cluster.add_argument("--directory", default=".", help="as for snakemake: folder of the run (default: this one)")
    cluster.add_argument("--configfile", help="configuration of the run, for its `store`")


def run(args: argparse.Namespace) -> int:
    """``pasvar doctor``: lines on stdout; 1 where anything is wrong, else 0."""
    return _check_cluster(args) if args.cluster else _check_network(args)


def _check_cluster(args: argparse.Namespace) -> int:
    from pasvar.run import check_cluster, store_of

    n_bad = 0
    for verdict, line in check_cluster(args.directory, store_of(args.configfile), args.profile):
        print(f"{verdict:<5}  {line}", flush=True)
        n_bad += verdict == "WRONG"
    print(f"{n_bad or 'nothing'} to correct before the run")
    return int(n_bad > 0)


def _check_network(args: argparse.Namespace) -> int:
    from pasvar.scoring import (
        check_known_variants,
        check_variants,
        describe_device,
        describe_model,
        open_network,
        versions,
    )

    for package, number in versions().items():
        print(f"{package}: {number}")
    network, checkpoint = open_network(args.model, args.device, args.precision)
    print(f"device: {describe_device(network.device)}, precision {args.precision}")
    print(f"model: {describe_model(checkpoint)}\nweights: sha256 {checkpoint.sha256}, {checkpoint.source}")
    computed = _report(check_variants(network, checkpoint, args.precision))
    print(f"{computed or 'no'} examples are computed wrongly")
    print("\nvariants of known effect, narrow, by the network and as measured (ln of the odds):")
    known = _report(check_known_variants(network, checkpoint, args.precision))
    print(f"{known or 'no'} known effects are missed")
    return int(computed + known > 0)


def _report(results: Iterable[tuple[bool, str]]) -> int:
    """Lines on stdout; the number of bad ones."""
    wrong = 0
    for good, line in results:
        print(f"{'ok' if good else 'WRONG'}  {line}")
        wrong += not good
    return wrong
