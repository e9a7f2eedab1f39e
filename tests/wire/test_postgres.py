"""A start whose ledger is in a database that does not answer."""

from tests.servers import free_port


def test_a_database_that_is_away_stops_the_start(refused, tmp_path):
    url = f"postgresql://minimon:a-password@127.0.0.1:{free_port()}/minimon"
    status, lines = refused(tmp_path, {"MINIMON_LEDGER_URL": url})
    assert status == 2
    assert (
        "the ledger's database cannot be used" in lines[-1] and "start it, or correct MINIMON_LEDGER_URL" in lines[-1]
    )
    assert sum(line.startswith("minimon: ") for line in lines) == 1
    assert "a-password" not in "".join(lines)
