"""Long calls of LAPACK and BLAS that Ctrl-C need not wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_LOOK_SECONDS = 0.2


def interruptible(function: Callable[..., Any], *args: Any) -> Any:
    """Return ``function(*args)``, computed by another thread where the main thread asks.

    Python sees a signal between two calls only, and a decomposition of a wide matrix is one call
    of many seconds. After Ctrl-C the other thread ends by itself; nothing takes its result, and it
    does not keep the process.
    """
    if threading.current_thread() is not threading.main_thread():
        return function(*args)
    answer: list[Any] = []
    error: list[BaseException] = []

    def work() -> None:
        try:
            answer.append(function(*args))
        except BaseException as raised:
            error.append(raised)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_SECONDS)
    if error:
        raise error[0]
    return answer[0]
