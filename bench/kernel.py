"""What the compiler makes of the fused kernel, for any card, without one."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, CompiledKernel

from pasvar.constants import WINDOW_LENGTH
from pasvar.model import RELEASED_CONFIG
from pasvar.scoring import engine_gpu

_POINTERS = {
    "codes": "*u8",
    "logits": "*fp32",
    "scratch": "*fp16",
    "table": "*fp32",
    "affine": "*fp32",
    "weights": "*fp16",
    "biases": "*fp32",
    "skips": "*fp32",
    "dilations": "*i32",
    "position_bias": "*fp32",
}


def compiled(capability: int, parts: int) -> CompiledKernel:
    """The kernel for the released network and a compute capability (90 for Hopper); parts: 2 for "exact", 1 for "fast"."""
    constants = {
        "LENGTH": WINDOW_LENGTH,
        "ROWS": triton.next_power_of_2(WINDOW_LENGTH + 1),
        "CHANNELS": RELEASED_CONFIG["hidden_size"],
        "TAPS": RELEASED_CONFIG["kernel_size"],
        "PARTS": parts,
        "HALO": max(RELEASED_CONFIG["dilations"]),
    }
    signature = (
        _POINTERS | dict.fromkeys(("windows", "groups", "blocks"), "i32") | dict.fromkeys(constants, "constexpr")
    )
    aligned = {(index,): [["tt.divisibility", 16]] for index in range(len(_POINTERS))}
    source = ASTSource(engine_gpu._network, signature=signature, constexprs=constants, attrs=aligned)
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": engine_gpu._WARPS})


def resources(kernel: CompiledKernel) -> dict[str, int]:
    """Registers and bytes of stack (spills) per thread, and bytes of shared memory per program."""
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    tool = tool if tool.exists() else shutil.which("cuobjdump")
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        listing = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True, check=True).stdout
    usage = dict(item.split(":") for item in listing.split() if item.startswith(("REG:", "STACK:")))
    return {"registers": int(usage["REG"]), "stack": int(usage["STACK"]), "shared": kernel.metadata.shared}
