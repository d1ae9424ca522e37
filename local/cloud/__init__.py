"""The local AWS, and the stack on it: built and deployed by the real SAM."""
