"""The commands of ops/checkout: each reads its options, calls the code below, and prints."""
