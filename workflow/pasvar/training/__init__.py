"""Training: the authors' procedure, a simulated assay to prove it on, and the distillation of the bundled model."""
