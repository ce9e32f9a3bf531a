"""Rules, complexity and the choice of a model: values in, values out."""
