"""This machine: processes, ports, locks, signals, the terminal, npm and the browser."""
