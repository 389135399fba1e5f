"""The frozen artifact made from training data: build, read, check."""
