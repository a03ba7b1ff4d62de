"""The gauntlet: every version of the template, every life of a product, then an update."""
