"""Fine-tunes a classifier's own model with LoRA."""
