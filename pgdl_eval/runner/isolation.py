"""What holds the process of a stranger's measure: bubblewrap where it works, limits of the system everywhere."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from complexity.errors import InputError

BUBBLEWRAP, LIMITS, AUTO = "bubblewrap", "limits", "auto"
KINDS = (AUTO, BUBBLEWRAP, LIMITS)
SECONDS_OF_ONE_MODEL = 900.0  # three times what a model has on average in the competition
SCRATCH_BYTES = 2**30  # of all scratch files under bubblewrap; elsewhere of each file
SHARED_MEMORY_BYTES = 2**26
# Where the files of people and of running services lie; what is needed of them is put back.
HIDDEN = ("/home", "/root", "/tmp", "/var/tmp", "/run", "/media", "/mnt")
SCRATCH = Path("/tmp")  # under bubblewrap
PROBE_SECONDS = 30
# Variables that a process gets: others may hold what is no business of a stranger.
KEPT = ("PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "KERAS_BACKEND")
KEPT_BEGINNINGS = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "TF_", "XLA_", "CUDA_")
LACK_OF_MEMORY = (signal.SIGKILL, signal.SIGABRT, signal.SIGBUS)  # how it may end a process


def half_of_memory() -> int:
    """Half of this machine's memory, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


@dataclass(frozen=True)
class Limits:
    """What a process may take.

    Attributes
    ----------
    seconds : for one model; then the process is ended.
    memory : bytes; half of the machine's where it is None.
    kind : one of `KINDS`: how it is held.
    """

    seconds: float = SECONDS_OF_ONE_MODEL
    memory: int | None = None
    kind: str = AUTO

    @property
    def most_memory(self) -> int:
        """The memory of one process."""
        return half_of_memory() if self.memory is None else self.memory


@dataclass(frozen=True)
class Isolation:
    """How processes are held.

    Attributes
    ----------
    limits : what they may take.
    hidden : folders that they do not see under bubblewrap, but for what each needs of them.
    """

    limits: Limits
    hidden: tuple[Path, ...] = ()

    @cached_property
    def kind(self) -> str:
        """Bubblewrap or limits alone.

        Raises
        ------
        InputError
            If bubblewrap was asked for and does not work.
        """
        if self.limits.kind == BUBBLEWRAP and self.why_not:
            raise InputError(self.why_not, field="isolation", expected="bubblewrap")
        return LIMITS if self.limits.kind == LIMITS or self.why_not else BUBBLEWRAP

    @cached_property
    def why_not(self) -> str:
        """Why bubblewrap cannot be used; empty where it can."""
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed"
        try:
            probe = self._bubblewrap([sys.executable, "-I", "-c", "import encodings"], [])
            run = subprocess.run(probe, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bubblewrap does not work here: {error}"
        said = run.stderr.decode(errors="replace").strip()
        return f"bubblewrap does not work here: {said or f'status {run.returncode}'}" if run.returncode else ""

    def in_words(self) -> str:
        """How processes are held, for those who read the output."""
        held = f"each with {self.limits.most_memory / 1e9:.3g} GB of memory and {self.limits.seconds:g} s a model"
        if self.kind == BUBBLEWRAP:
            return f"under bubblewrap (no network, no writes outside a scratch folder), {held}"
        why = self.why_not if self.limits.kind != LIMITS else "as asked for"
        return f"under limits alone ({why}; network and writes are not held back), {held}"

    def command(self, arguments: Sequence[str], readable: Sequence[tuple[Path, Path]]) -> list[str]:
        """The command line of a process.

        Parameters
        ----------
        readable : what is to be seen, as (where it is, where it is seen).
        """
        return self._bubblewrap(arguments, readable) if self.kind == BUBBLEWRAP else list(arguments)

    def _bubblewrap(self, arguments: Sequence[str], readable: Sequence[tuple[Path, Path]]) -> list[str]:
        alone = ("--unshare-user-try", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts")
        words = [shutil.which("bwrap") or "bwrap", *alone, "--cap-drop", "ALL", "--new-session", "--die-with-parent"]
        words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        hidden = {Path(os.path.realpath(path)) for path in (*map(Path, HIDDEN), Path.home(), *self.hidden)}
        hidden = {path for path in hidden if path.is_dir() and path != path.parent}
        shown = {target: source for source, target in (*_installed(), *readable) if target not in hidden}
        for path in sorted({*hidden, *shown}, key=lambda path: len(path.parts)):  # what lies within another comes later
            if path in shown:
                words += ["--ro-bind", str(shown[path]), str(path)]
            else:
                words += ["--size", str(SCRATCH_BYTES), "--tmpfs", str(path)]
        words += ["--size", str(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"]
        for place in ("/dev", *sorted(map(str, hidden - {SCRATCH}))):
            words += ["--remount-ro", place]
        return [*words, "--chdir", str(SCRATCH), *arguments]

    def how_it_ended(self, status: int) -> str:
        """The end of a process in words, by its status as `subprocess` has it."""
        if self.kind == BUBBLEWRAP and status > 128:  # which tells of signals as a shell does
            status = 128 - status
        if status >= 0:
            return f"with status {status} before it gave a value"
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        memory = f", perhaps for lack of memory (it may have {self.limits.most_memory / 1e9:.3g} GB)"
        return f"by the signal {name}{memory if -status in LACK_OF_MEMORY else ''}"


def _installed() -> Iterator[tuple[Path, Path]]:
    """Python and the packages."""
    for text in (sys.prefix, sys.base_prefix, sys.exec_prefix, *map(os.path.abspath, sys.path)):
        path = Path(text)
        if path.exists() and path != path.parent:
            yield Path(os.path.realpath(path)), path
            yield Path(os.path.realpath(path)), Path(os.path.realpath(path))


def environment(scratch: Path) -> dict[str, str]:
    """The variables of a process whose home is this folder."""
    kept = {name: one for name, one in os.environ.items() if name in KEPT or name.startswith(KEPT_BEGINNINGS)}
    home = {name: str(scratch) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    return {**kept, **home, "PYTHONDONTWRITEBYTECODE": "1"}


def limit_this_process(memory: int) -> None:
    """Hold this process, and those that it begins, to so many bytes of memory each, and 1 GiB a file."""
    for kind, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, SCRATCH_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def keras_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """The backend of Keras that the user's own file of settings chooses, which a process does not see."""
    from ..keras_models import configured_backend

    chosen = configured_backend()
    return {} if "KERAS_BACKEND" in variables or chosen == "tensorflow" else {"KERAS_BACKEND": chosen}
