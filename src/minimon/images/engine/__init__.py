"""What an engine on a GPU needs around it, without the GPU: queue, slots, life cycle, flags. Knows no torch."""
