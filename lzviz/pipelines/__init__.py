"""From an image to what a network answers: sampler, network, way back; every stage in a trace."""
