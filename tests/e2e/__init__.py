"""A package, so that its browser ends with its tests: Playwright's event loop blocks others."""
