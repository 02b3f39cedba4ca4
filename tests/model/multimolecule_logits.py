"""Run by test_multimolecule.py with an interpreter that has multimolecule: logits of a model directory, and a copy of it.

python multimolecule_logits.py MODEL CODES.npy LOGITS.npy [COPY]
"""

import sys

import numpy as np
import torch
from multimolecule import Aparent2ForSequencePrediction

model_directory, codes, logits, *copy = sys.argv[1:]
model, report = Aparent2ForSequencePrediction.from_pretrained(model_directory, output_loading_info=True)
# torch's counters of training steps are no weights
for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
    left = [name for name in report[key] if not str(name).endswith("num_batches_tracked")]
    if left:
        sys.exit(f"{key}: {left}")
model.eval().double()  # so that what is left of a difference is no rounding
windows = torch.from_numpy(np.load(codes)).long()
with torch.no_grad():
    np.save(logits, model(windows).logits.numpy())
if copy:
    model.float().save_pretrained(copy[0])
