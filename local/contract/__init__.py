"""Generates files from the contracts, and checks the JavaScript against them."""
