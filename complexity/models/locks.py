"""One lock for each model, so that one pass at a time runs through it."""

from __future__ import annotations

import threading
from typing import Any

from ..identity_cache import IdentityCache

_locks: IdentityCache[Any] = IdentityCache()
_making = threading.Lock()


def lock_of(model: Any) -> Any:
    """The lock of a model, the same one as long as it lives; the thread that holds it may take it again."""
    with _making:
        lock = _locks.get([model], None)
        if lock is None:
            lock = threading.RLock()
            _locks.put([model], None, lock)
        return lock
