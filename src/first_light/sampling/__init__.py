"""The sample: a small stand-in for raw that holds no personal value and can live in git."""
