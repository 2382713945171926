"""The studies of both papers: what the records of runs show, one file a study."""

from .figures import STUDIES, Outcome, draw_studies

__all__ = ["STUDIES", "Outcome", "draw_studies"]
