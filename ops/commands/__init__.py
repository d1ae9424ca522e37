"""The commands of ops/checkout: each reads its options, calls what does the work, and prints."""
