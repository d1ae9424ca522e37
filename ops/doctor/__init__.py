"""External checks of a deployed stack."""

from ops.doctor.examination import Check, Examination, Failed, Result, examine

__all__ = ["Check", "Examination", "Failed", "Result", "examine"]
