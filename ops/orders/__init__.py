"""What an operator does with orders."""
