"""What is generated from the contracts, and how the JavaScript is checked against them."""
