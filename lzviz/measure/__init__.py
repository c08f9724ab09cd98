"""What is measured: multiply-adds, honest clocks, scores, and one sentence about a warp."""
