"""What the sections measure with: the folder of laboratories' data, and the two networks that users run."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pasvar.model import BUNDLED, Checkpoint, load_checkpoint, resolve_model
from pasvar.scoring import Engine

RELEASED = "weights/aparent_all_libs_resnet_no_clinvar_wt_ep_5_var_batch_size_inference_mode_no_drop.h5"


class Absent(Exception):
    """What a section measures with is not on this machine."""


@dataclass(frozen=True)
class Inputs:
    """shared: the folder with `data/` and `weights/`. docs: where the page's figures go."""

    shared: Path
    docs: Path

    def path(self, relative: str) -> Path:
        """A file or folder of the shared one. Raises `Absent` where there is none."""
        path = self.shared / relative
        if not path.exists():
            raise Absent(f"there is no {path}")
        return path

    @cached_property
    def checkpoints(self) -> dict[str, Checkpoint]:
        """By name, the authors' network and the bundled one."""
        released = load_checkpoint(self.path(RELEASED))
        return {released.name: released, BUNDLED: load_checkpoint(resolve_model(BUNDLED))}

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """By name, the engines of `checkpoints`, on the CPU."""
        return {name: Engine(c.config, c.tensors, "cpu") for name, c in self.checkpoints.items()}
