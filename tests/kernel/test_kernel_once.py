"""What is asked several times within one reading is read once, and never across a change. Both databases."""

from sqlalchemy import event, text

from monitor.kernel.persistence.once import once


@once
def doubled(session, number: int, *, times: int = 2) -> int:
    return int(session.scalar(text(f"SELECT {number} * {times}")))


def counted(database, ask) -> int:
    asked = []

    def note(_c, _u, statement, *_) -> None:
        if "*" in statement:
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    ask()
    event.remove(database.engine, "before_cursor_execute", note)
    return len(asked)


def people(database):
    return database.for_people(seconds=3.0, writers=2)


def test_the_same_is_read_once_however_it_is_asked(database):
    def ask():
        with people(database).read() as session:
            assert doubled(session, 4) == doubled(session, number=4) == 8
            assert doubled(session, 4, times=2) == 8
            assert doubled(session, 4, times=3) == 12

    assert counted(database, ask) == 2
    assert counted(database, ask) == 2  # another transaction knows nothing of the first


def test_a_change_is_read_and_what_writes_remembers_nothing(database):
    def changing():
        with people(database).read() as session:
            doubled(session, 4)
            session.execute(text("CREATE TABLE invented (id INTEGER)"))
            doubled(session, 4)

    def writing():
        with people(database).write() as session:
            assert doubled(session, 4) == doubled(session, 4) == 8

    assert counted(database, changing) == 2
    assert counted(database, writing) == 2
