"""How much of the processor answers may take."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from driftwatch.web.pace import SAVED_SECONDS, Account, Paced


class Machine:
    """A clock, and the processor time of a thread; both go on when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.spent = 7.0

    def account(self, ratio: float) -> Account:
        account = Account(ratio, lambda: self.now, lambda: self.spent)
        assert account.wait_seconds() == 0.0
        return account

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.spent += seconds


def test_what_was_saved_may_be_spent_at_once() -> None:
    machine = Machine()
    account = machine.account(0.1)
    machine.work(SAVED_SECONDS)
    assert account.wait_seconds() == 0.0


@pytest.mark.parametrize("ratio", [0.01, 0.1, 1.0])
def test_in_the_long_run_the_ratio_holds_whatever_a_request_costs(ratio: float) -> None:
    machine = Machine()
    account = machine.account(ratio)
    began, before = machine.now, machine.spent
    for cost in [0.001, 0.3, 0.02] * 500:
        machine.now += account.wait_seconds()
        machine.work(cost)
    machine.now += account.wait_seconds()
    spent, passed = machine.spent - before, machine.now - began
    assert spent <= passed * ratio + SAVED_SECONDS + 1e-9
    assert spent == pytest.approx(min(passed, passed * ratio + SAVED_SECONDS), rel=0.01)


def test_a_wait_that_was_told_is_long_enough() -> None:
    machine = Machine()
    account = machine.account(0.1)
    machine.work(SAVED_SECONDS + 0.2)
    machine.now += account.wait_seconds() + 1e-9
    assert account.wait_seconds() == 0.0


def test_no_more_is_saved_than_may_be() -> None:
    machine = Machine()
    account = machine.account(0.1)
    machine.now += 3600.0
    assert account.wait_seconds() == 0.0
    machine.work(2 * SAVED_SECONDS)
    assert account.wait_seconds() > 0.0


def test_what_is_overlooked_is_charged_to_nobody() -> None:
    machine = Machine()
    account = machine.account(0.1)
    for _ in range(1_000):
        machine.work(SAVED_SECONDS)
        account.overlook()
    assert account.wait_seconds() == 0.0


def ask(paced: Paced, *paths: str) -> list[int]:
    """Ask for all of these at a time; the status of each."""

    async def one(path: str) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await paced({"type": "http", "path": path, "headers": []}, receive, send)
        return int(sent[0]["status"])

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*map(one, paths))

    return asyncio.run(all_of_them())


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})


def overdrawn() -> Account:
    """An account that has nothing for a year to come."""
    machine = Machine()
    account = machine.account(0.001)
    machine.spent += 30_000.0
    return account


def test_who_would_wait_too_long_is_told_to_come_later() -> None:
    paced = Paced(fine, overdrawn(), most_waiting=10, longest_wait_seconds=0.01)
    assert ask(paced, "/metrics", "/", "/metrics") == [503] * 3


def test_who_finds_too_many_waiting_is_told_so_at_once() -> None:
    paced = Paced(fine, overdrawn(), most_waiting=0, longest_wait_seconds=3600.0)
    assert ask(paced, "/metrics") == [503]


def test_a_reader_pays_for_his_page_though_what_comes_next_is_overlooked() -> None:
    machine = Machine()
    account = machine.account(0.1)

    async def costly(scope: Scope, receive: Receive, send: Send) -> None:
        machine.work(2 * SAVED_SECONDS)
        await fine(scope, receive, send)

    assert ask(Paced(costly, account, most_waiting=1), "/metrics") == [200]
    account.overlook()  # as an event does that comes behind him
    assert account.wait_seconds() > 0.0


def test_health_waits_for_nobody() -> None:
    paced = Paced(fine, overdrawn(), most_waiting=0)
    assert ask(paced, "/-/healthy", "/-/ready") == [200, 200]
