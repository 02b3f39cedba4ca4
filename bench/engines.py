"""Whatever can take windows through the network, each by a function that returns `run(codes, batch_size)`.

One process runs one of them (`bench.worker`), with the interpreter of its own environment: imports stand inside the functions.
Weights are random, of fixed seed: time does not depend on them.
"""

import numpy as np

CONFIG = {"hidden": 32, "dilations": (1, 2, 4, 8, 4, 2, 1), "blocks": 4, "length": 205}
FLOP_PER_WINDOW = 2 * 205 * 32 * (56 * 3 * 32 + 8)
"""56 convolutions of 3 taps, 32 to 32 channels, and 8 skip vectors, as the engine computes them: 71 MFLOP."""


def engine(precision: str, threads: int):
    """pasvar's engine on the CPU."""
    import torch

    from pasvar.model import RELEASED_CONFIG
    from pasvar.scoring import Engine

    torch.set_num_threads(1)
    made = {}

    def run(codes, batch_size):
        if batch_size not in made:
            made[batch_size] = Engine(RELEASED_CONFIG, random_tensors(), "cpu", batch_size, precision, threads=threads)
        return made[batch_size].logits(codes)

    return run


def exact(threads: int):
    return engine("exact", threads)


def fast(threads: int):
    return engine("fast", threads)


def eager(threads: int):
    """A plain port: torch layers over (n, 32, 205), one-hot input, nothing rewritten."""
    import torch

    torch.set_num_threads(threads)
    network = eager_network()
    return batched(network)


def eager_network():
    """The plain port as a torch module: (n, 205) uint8 codes -> (n, 205) logits before the sub-library's bias."""
    import torch
    from torch import nn

    hidden = CONFIG["hidden"]

    class Block(nn.Module):
        def __init__(self, dilation: int):
            super().__init__()
            layers = []
            for _ in range(2):
                layers += [nn.BatchNorm1d(hidden, eps=1e-3), nn.ReLU()]
                layers += [nn.Conv1d(hidden, hidden, 3, padding=dilation, dilation=dilation)]
            self.layers = nn.Sequential(*layers)

        def forward(self, stream):
            return stream + self.layers(stream)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.projection, self.last, self.head = (
                nn.Conv1d(4, hidden, 1),
                nn.Conv1d(hidden, hidden, 1),
                nn.Conv1d(hidden, 1, 1),
            )
            self.skips = nn.ModuleList(nn.Conv1d(hidden, hidden, 1) for _ in CONFIG["dilations"])
            self.groups = nn.ModuleList(
                nn.Sequential(*(Block(d) for _ in range(CONFIG["blocks"]))) for d in CONFIG["dilations"]
            )
            self.register_buffer("table", torch.cat([torch.eye(4), torch.full((1, 4), 0.25)]))

        @torch.inference_mode()
        def forward(self, codes):
            stream, total = self.projection(self.table[codes.int()].transpose(1, 2)), 0
            for skip, group in zip(self.skips, self.groups, strict=True):
                total = total + skip(stream)
                stream = group(stream)
            return self.head(total + self.last(stream))[:, 0]

    torch.manual_seed(0)
    return Network().eval()


def multimolecule(threads: int):
    """The model card's class, eager."""
    import torch
    from multimolecule import Aparent2Config, Aparent2Model

    torch.set_num_threads(threads)
    model = Aparent2Model(Aparent2Config()).eval()

    @torch.inference_mode()
    def network(codes):
        return model(codes.long()).logits

    return batched(network)


def keras(threads: int):
    """The authors' network as a Keras graph of 1 x 3 convolutions over (205, 32), predicting in batches."""
    import os

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    from tensorflow.keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    def convolution(width: int, dilation: int = 1):
        return layers.Conv2D(CONFIG["hidden"], (1, width), dilation_rate=(1, dilation), padding="same")

    inputs = layers.Input((1, CONFIG["length"], 4))
    stream, skips = convolution(1)(inputs), []
    for dilation in CONFIG["dilations"]:
        skips.append(convolution(1)(stream))
        for _ in range(CONFIG["blocks"]):
            hidden = stream
            for _ in range(2):
                hidden = layers.ReLU()(layers.BatchNormalization(epsilon=1e-3)(hidden))
                hidden = convolution(3, dilation)(hidden)
            stream = layers.Add()([hidden, stream])
    total = layers.Add()([*skips, convolution(1)(stream)])
    network = tf.keras.Model(inputs, layers.Conv2D(1, 1)(total))
    table = np.concatenate([np.eye(4), np.full((1, 4), 0.25)]).astype(np.float32)

    def run(codes, batch_size):
        return network.predict(table[codes][:, None], batch_size=batch_size, verbose=0)

    return run


def matrix(threads: int):
    """No network: products of large float32 matrices, of as many operations as the windows would take."""
    return matrix_product("float32", threads)


def matrix_bfloat16(threads: int):
    """The same in bfloat16, for precision "fast"."""
    return matrix_product("bfloat16", threads)


def matrix_product(dtype: str, threads: int, side: int = 1536):
    import torch

    torch.set_num_threads(threads)
    left, right = torch.randn(2, side, side).to(getattr(torch, dtype))

    def run(codes, batch_size):
        for _ in range(matrix_repeats(len(codes), side)):
            product = left @ right
        return product

    return run


def matrix_repeats(windows: int, side: int = 1536) -> int:
    """Products that take at least the operations of so many windows; `matrix_windows` says of how many exactly."""
    return max(1, round(windows * FLOP_PER_WINDOW / (2 * side**3)))


def matrix_windows(windows: int, side: int = 1536) -> float:
    return matrix_repeats(windows, side) * 2 * side**3 / FLOP_PER_WINDOW


def batched(network):
    """`run` of a torch network that takes a tensor of codes."""
    import torch

    def run(codes, batch_size):
        return [network(torch.from_numpy(codes[i : i + batch_size])) for i in range(0, len(codes), batch_size)]

    return run


def random_tensors() -> dict[str, np.ndarray]:
    """A network of the released shape, its activations near 1."""
    from pasvar.model import RELEASED_CONFIG, tensor_shapes

    rng = np.random.default_rng(0)
    tensors = {}
    for name, shape in tensor_shapes(RELEASED_CONFIG).items():
        fan_in = np.prod(shape[1:]) if len(shape) > 1 else 16
        values = rng.normal(size=shape) / np.sqrt(fan_in)
        tensors[name] = (
            1 + abs(values) if name.endswith(("norm1.weight", "norm2.weight", "running_var")) else values
        ).astype(np.float32)
    return tensors


CONTESTANTS = {
    function.__name__: function for function in (exact, fast, eager, multimolecule, keras, matrix, matrix_bfloat16)
}
