"""Programs behind make targets: demo, dev, chaos, tour, example, rename."""
