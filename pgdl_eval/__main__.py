"""`python -m pgdl_eval`: compute measures, package a submission, score predictions."""

from __future__ import annotations

from .terminal import LazyGroup, run

COMMANDS = {
    "rank": ("pgdl_eval.ranking.command:rank_command", "Rank your own trained models, without test data."),
    "check": ("pgdl_eval.ranking.check_command:check_command", "What the measures make of a model and its data."),
    "score": ("pgdl_eval.score:main", "Score predictions as the competition does, with a correlation report."),
    "ingest": ("pgdl_eval.ingest:ingest_command", "Compute measures for the models of task folders."),
    "table1": ("pgdl_eval.table1:table1_command", "The paper's Table 1 over task folders."),
    "package": ("pgdl_eval.package:package_command", "Write a submission for the starter kit."),
    "measures": ("pgdl_eval.measures:measures_command", "List the measures."),
}

commands = LazyGroup(
    lazy=COMMANDS, help="Complexity measures of trained networks: compute them, package them, score them."
)


def main() -> None:
    """The command line."""
    run(commands, "python -m pgdl_eval")


if __name__ == "__main__":
    main()
