"""Training of learned samplers: data sets, recipes, objectives, and one readable loop."""
