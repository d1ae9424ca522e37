"""The HTTP contract: request models, responses and problem documents."""
