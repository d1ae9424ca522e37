"""The operator's command line for deployed stacks."""
