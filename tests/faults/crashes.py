"""A process that ends at one of the steps at which a file is made, written, renamed, removed or brought to the disk.

It ends at once, as by a kill: before a step, in the middle of a write, or after a step, which is before the next one.
"""

import os

CRASHED = 99
STEPS = ("open", "write", "fsync", "replace", "unlink", "ftruncate")


class Crashes:
    """Counts the steps that change files, and ends the process at one of them."""

    def __init__(self, point=None, names=STEPS):
        self.steps, self.point = [], point
        self.real = {name: getattr(os, name) for name in names}
        for name in names:
            setattr(os, name, lambda *given, name=name, **named: self.step(name, given, named))

    def step(self, name, given, named):
        counts = name != "open" or given[1] & os.O_CREAT
        if counts:
            self.steps.append(name)
        here = counts and self.point is not None and len(self.steps) == self.point[0]
        if here and self.point[1] == "before":
            self.end()
        if here and self.point[1] == "within":
            self.real[name](given[0], bytes(given[1])[: len(given[1]) // 2])
            self.end()
        try:
            return self.real[name](*given, **named)
        finally:
            if here:
                self.end()

    def end(self):
        os._exit(CRASHED)


class Halt(BaseException):
    """The end of what stands for a process."""


class Halts(Crashes):
    """The same without the end of the process: from the point on no step changes a file any more, all raise `Halt`."""

    over = False

    def step(self, name, given, named):
        if self.over and (name != "open" or given[1] & os.O_CREAT):
            raise Halt
        return super().step(name, given, named)

    def end(self):
        self.over = True
        raise Halt

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for name, real in self.real.items():
            setattr(os, name, real)


def forked(work):
    """Do something in a process of its own; its status."""
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def points_of(steps):
    """All points of a process that took these steps."""
    numbered = list(enumerate(steps, 1))
    points = [(number, "before") for number, _ in numbered] + [(len(steps), "after")]
    return points + [(number, "within") for number, name in numbered if name == "write"]
