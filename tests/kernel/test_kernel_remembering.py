"""What is remembered is what would be worked out again, and never more than so much of it."""

import threading
from functools import partial

from monitor.kernel.remembering import Remembered


def test_each_answer_is_worked_out_once_while_it_is_remembered():
    asked: list[int] = []

    def square(number):
        asked.append(number)
        return number**2

    known: Remembered[int] = Remembered(2)
    for number in (1, 2, 1, 3, 1, 2):
        assert known.get(number, (), partial(square, number)) == number**2
    assert asked == [1, 2, 3, 2], "of three the one not asked for longest went"
    known.forget()
    known.get(1, (), lambda: square(1))
    assert asked[-1] == 1


def test_answers_by_other_rules_are_others_though_the_rules_be_gone():
    known: Remembered[str] = Remembered(100)
    for number in range(50):
        rule = [number]  # no other object has its place while the answer is kept
        assert known.get("asked", (rule,), partial(str, number)) == str(number)


def test_threads_may_ask_at_once():
    known: Remembered[int] = Remembered(5)
    wrong: list[int] = []

    def ask():
        wrong.extend(n for n in range(400) if known.get(n % 9, (), partial(int, n % 9)) != n % 9)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
