"""What ops run against a deployed stack."""
