"""All products of an organisation: which are behind or drifted, and bringing them up to date."""
