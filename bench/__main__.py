"""`python -m bench`: speed and error of the engines, compared with others, as tables and plots under results/bench/."""

import argparse
import os
import platform
import shutil
import sys
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pandas as pd
import torch

from bench import cpu, growth, host, known, people, plan, precision, reading, run, store
from pasvar.model import load_checkpoint
from pasvar.paths import ROOT

SHARED = ROOT.parent / "shared"


def main() -> None:
    """Sections that cannot run here say why; no time is ever a failure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="CPU threads (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contestant (default: %(default)s)")
    parser.add_argument("--windows", type=int, default=256, help="windows per turn, at least (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench")
    for name in cpu.PEERS:
        default = ROOT / ".venv" / "peers" / name / "bin" / "python"
        parser.add_argument(f"--{name}", default=str(default), metavar="PYTHON", help=f"of the environment with {name}")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    with TemporaryDirectory() as folder:
        drawn = people.table(people.SIZES, Path(folder))
    sections = {
        "The machine": machine(args.threads),
        "CPU": cpu_section(args),
        "Precision": precision_section(),
        "Store of scores": store_section(),
        "People": markdown(drawn, ",.3g"),
        "Reading, compared with bcftools": reading_section(args.rounds),
        "Join with known variants": markdown(
            known.table([1_000_000]).reset_index().astype(str).set_index("records"), ""
        ),
        "Whole runs": runs_section(args),
        "Growth": growth_section(drawn, args.out),
        "Plan": plan_section(),
        "GPU kernel, as compiled": kernel_section(),
        "GPU": gpu_section(),
        "The host of a GPU": markdown(host.rates().rename("windows/s per core").to_frame(), ",.0f"),
    }
    text = "\n\n".join(f"## {title}\n\n{body}" for title, body in sections.items()) + "\n"
    (args.out / "benchmarks.md").write_text(text)
    print(text, f"\nwritten to {args.out}", sep="")


def machine(threads: int) -> str:
    """Date, processor, versions."""
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    packages = {name: installed(name) for name in ("torch", "numpy", "triton")}
    versions = ", ".join(f"{name} {found}" for name, found in packages.items())
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, {names[0] if names else platform.processor()}, {os.cpu_count()} cores, {threads} threads used; "
        f"load average {load:.1f} at the start; Python {platform.python_version()}, {versions}"
    )


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def cpu_section(args: argparse.Namespace) -> str:
    """The table of `cpu.summary`, and a plot of rate against batch size."""
    names = ("exact", "fast", "eager", "multimolecule", "keras", "matrix", "matrix_bfloat16")
    pythons = {name: getattr(args, name, sys.executable) for name in names}
    workers, reasons = cpu.start(names, pythons, args.threads)
    measured = cpu.measure(workers, args.rounds, args.windows)
    for worker in workers.values():
        worker.stop()
    measured.to_csv(args.out / "cpu.csv", index=False)
    plot(measured, args.out / "cpu.svg")
    by_size = measured.groupby(["contestant", "batch_size"]).per_core_second.median().unstack()
    parts = [
        markdown(cpu.summary(measured), ",.4g"),
        "Windows per core-second by batch size:",
        markdown(by_size, ",.0f"),
    ]
    parts += [f"{name}: not measured: {reason}" for name, reason in reasons.items()]
    return "\n\n".join(parts)


def plot(measured: pd.DataFrame, path: Path) -> None:
    """Rate against batch size, one line per contestant."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, rows in measured.groupby("contestant"):
        rates = rows.groupby("batch_size").per_core_second.median()
        axes.plot(rates.index, rates, marker="o", linestyle=":" if name.startswith("matrix") else "-", label=name)
    axes.set(xscale="log", xlabel="batch size", ylabel="windows per core-second")
    axes.set_xticks(cpu.BATCH_SIZES, cpu.BATCH_SIZES)
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(path)


def plot_growth(measured: pd.DataFrame, path: Path) -> None:
    """Time (above) and memory (below) against each size, both logarithmic; dashed: what is linear from the largest size down."""
    kinds = list(dict.fromkeys(measured.of))
    figure, grid = plt.subplots(
        2, len(kinds), figsize=(3.4 * len(kinds), 6), sharex="col", sharey="row", layout="constrained"
    )
    for column, kind in zip(grid.T, kinds, strict=True):
        for station, rows in measured[measured.of == kind].groupby("station"):
            (line,) = column[0].plot(rows.n, rows["CPU seconds"], marker="o", label=station)
            column[1].plot(rows.n, rows["peak MB"], marker="o")
            linear = rows["CPU seconds"].iloc[-1] * rows.n / rows.n.iloc[-1]
            column[0].plot(rows.n, linear, linestyle="--", linewidth=0.7, color=line.get_color())
        column[0].set(xscale="log", yscale="log", ylim=(0.01, None))
        column[1].set(xscale="log", yscale="log", xlabel=kind)
        column[0].legend(fontsize="small")
    grid[0, 0].set_ylabel("CPU seconds")
    grid[1, 0].set_ylabel("peak memory, MB")
    figure.savefig(path)
    plt.close(figure)


def precision_section() -> str:
    """Errors of the effects, on the released network and real windows."""
    weights, windows = next(iter((SHARED / "weights").glob("*.h5")), None), precision.real_windows(SHARED)
    if weights is None or windows is None:
        return "Not measured: needs the released weights and windows of the developers' shared folder."
    return markdown(precision.table(load_checkpoint(weights), windows), ".1e")


def store_section() -> str:
    """The table of `store.table`, on the released network where it is at hand."""
    model = next(iter((SHARED / "weights").glob("*.h5")), ROOT / "resources" / "models" / "aparent2-mini")
    return f"{model.stem}\n\n{markdown(store.table(model), ',.3g')}"


def runs_section(args: argparse.Namespace) -> str:
    """The tables of `run.tables`."""
    found = run.tables(SHARED, args.threads)
    return "\n\n".join(f"### {title}\n\n{markdown(table, ',.3g')}" for title, table in found)


def growth_section(drawn: pd.DataFrame, out: Path) -> str:
    """The table of `growth.table`, and its plot."""
    measured = growth.table(growth.SIZES, drawn)
    plot_growth(measured, out / "growth.svg")
    return markdown(measured.assign(n=measured.n.map("{:,}".format)).set_index("station"), ",.3g")


def plan_section() -> str:
    """The table of `plan.plan`, and the measured rates behind it."""
    rates = plan.measure()
    measured = pd.Series(asdict(rates), name="measured").to_frame()
    return f"{markdown(plan.plan(rates), ',.4g')}\n\n{markdown(measured, ',.3g')}"


def reading_section(rounds: int) -> str:
    """The table of `reading.table`: CPU seconds, what of them is there without a record, and the rates that are left."""
    if shutil.which("bcftools") is None:
        return "Not measured: needs bcftools."
    return markdown(reading.table(SHARED, rounds), ",.3g")


def kernel_section() -> str:
    """Registers and spills of the fused kernel, which need no card."""
    if installed("triton") == "not installed":
        return "Not compiled: needs Triton."
    from bench import kernel

    rows = {
        f"compute capability {capability}, {name}": kernel.resources(kernel.compiled(capability, parts))
        for capability in (80, 90)
        for name, parts in (("exact", 2), ("fast", 1))
    }
    return markdown(pd.DataFrame(rows).T, ",.0f")


def gpu_section() -> str:
    """Everything of `bench.gpu`."""
    if not torch.cuda.is_available():
        return "Not measured: no CUDA device."
    from bench import gpu

    card = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
    rates = [f"{name}: {gpu.product_rate(dtype) / 1e12:.0f} TFLOP/s" for name, dtype in (("bfloat16", torch.bfloat16),)]
    ends = pd.DataFrame({name: gpu.with_host(name) for name in ("exact", "fast")})
    return "\n\n".join([f"{card}; {', '.join(rates)}", markdown(gpu.table(), ",.3g"), markdown(ends, ",.0f")])


def markdown(table: pd.DataFrame, form: str) -> str:
    """A table of numbers as Markdown."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return value
        return "" if pd.isna(value) else format(value, form)

    rows = [[str(table.index.name or ""), *map(str, table.columns)], ["---"] + ["---:"] * len(table.columns)]
    rows += [[str(name), *map(cell, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
