"""Notes linted by as many processes as the machine has processors, where there is enough to do."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from vault_tool.lint.customers import Card, KnownCustomers, other_files
from vault_tool.lint.tasks import Done, Setup, ToDo, done_of
from vault_tool.vault.processes import Worker, processors

# Fewer are linted before a new process has loaded what it needs.
WORTH_IT = 400
BATCH = 64
_WORK = "vault_tool.lint.work:do_all"


def do_work(setup: Setup, todo: Sequence[ToDo], cards: Sequence[Card] | None) -> Generator[Done, None, None]:
    """Yield what becomes of each file, in order. Without the cards of all customers none of them is known.

    What the other processes leave undone, because they died or none could be started, is done right here.
    """
    done = 0
    for one in _by_workers(setup, todo, cards):
        yield one
        done += 1
    if done < len(todo):
        from vault_tool.lint.work import NoteWork  # here: who only listens to the others loads no rule

        root = setup.root
        work = NoteWork(setup, None if cards is None else KnownCustomers(cards, lambda: other_files(root)))
        yield from work.do(todo[done:])


def _by_workers(setup: Setup, todo: Sequence[ToDo], cards: Sequence[Card] | None) -> Iterator[Done]:
    count = min(processors(), len(todo) // BATCH)
    if len(todo) < WORTH_IT or count < 2:
        return
    from vault_tool.schema.plain import plain_schema
    from vault_tool.vault.opening import plain_settings

    root, schema, settings, *others = setup
    plain_cards = None if cards is None else [tuple(card) for card in cards]
    told = (root, plain_schema(schema), plain_settings(settings), others, plain_cards)
    batches = [[tuple(one) for one in todo[start : start + BATCH]] for start in range(0, len(todo), BATCH)]
    workers: list[Worker] = []
    try:
        for number in range(count):
            workers.append(Worker(_WORK, (*told, batches[number::count])))
        for number, batch in enumerate(batches):
            answer = workers[number % count].answer()
            if answer is None or len(answer) != len(batch):
                return
            yield from map(done_of, answer)
    except OSError:
        return  # no process can be started
    finally:
        for worker in workers:
            worker.end()
