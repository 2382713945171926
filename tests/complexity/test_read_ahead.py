"""Reading ahead by one."""

import threading

import pytest

from complexity.read_ahead import read_ahead


def test_the_next_item_is_read_while_the_last_is_used_and_no_other():
    alive, most = 0, 0

    class Item:
        def __init__(self):
            nonlocal alive
            alive += 1

        def __del__(self):
            nonlocal alive
            alive -= 1

    for read in read_ahead(Item for _ in range(20)):
        item = read.result()
        del read
        most = max(most, alive)
        del item
    assert 1 <= most <= 2


def test_the_following_call_is_made_while_an_item_is_used():
    made = threading.Event()
    reads = read_ahead([lambda: "first", lambda: made.set() or "second"])
    assert next(reads).result() == "first"
    assert made.wait(timeout=30)
    assert [read.result() for read in reads] == ["second"]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_items_come_in_the_order_of_their_calls(count):
    assert [read.result() for read in read_ahead(lambda i=i: i for i in range(count))] == list(range(count))


def test_an_error_is_that_of_its_own_item_and_the_others_are_read():
    reads = read_ahead([lambda: 1, lambda: 1 / 0, lambda: 3])
    errors = [type(read.exception()) for read in reads]
    assert errors == [type(None), ZeroDivisionError, type(None)]


def test_calls_that_are_not_reached_are_not_made():
    made = []
    for read in read_ahead(lambda i=i: made.append(i) for i in range(10)):
        read.result()
        if len(made) >= 3:
            break
    del read
    assert 3 <= len(made) <= 5
