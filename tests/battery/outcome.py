"""How a call went."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from kinds.kind import REFUSED, TAKEN, WARNED

from complexity import InputError, InputWarning

FOREIGN = "a foreign error"


def outcome(run: Callable[[], Any]) -> dict[str, Any]:
    """A value and its warnings, or the words of a refusal; another error than ours is named as what it is."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = run()
        except InputError as error:
            return {"comes": REFUSED, "words": str(error), "problem": error.problem}
        except Exception as error:
            return {"comes": FOREIGN, "words": f"{type(error).__name__}: {error}"}
    words = [str(one.message) for one in caught if issubclass(one.category, InputWarning)]
    return {"comes": WARNED if words else TAKEN, "words": "; ".join(words), "value": value}
