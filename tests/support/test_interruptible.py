"""Long calls are left at a signal; what they return or raise comes through."""

import signal
import threading
import time

import pytest

from iiq._support.interruptible import interruptible


def test_answers_and_errors_come_through():
    assert interruptible(divmod, 17, 5) == (3, 2)
    with pytest.raises(ZeroDivisionError):
        interruptible(divmod, 1, 0)


def test_only_the_main_thread_waits_for_another():
    assert interruptible(threading.get_ident) != threading.get_ident()
    idents = []
    thread = threading.Thread(
        target=lambda: idents.append((interruptible(threading.get_ident), threading.get_ident()))
    )
    thread.start()
    thread.join()
    assert idents[0][0] == idents[0][1]


def test_a_signal_does_not_wait_for_the_call():
    release = threading.Event()
    main = threading.main_thread().ident
    timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        interruptible(release.wait, 60)
    release.set()
    assert time.perf_counter() - start < 30
