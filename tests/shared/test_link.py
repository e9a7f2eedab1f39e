"""The way to a Redis that may be killed, held, cut off, slow, full, too old, or not let us in."""

import asyncio
import subprocess

import pytest
from structlog.testing import capture_logs
from tests.servers import Cable, free_port
from tests.shared.conftest import linked, run, until

from minimon.errors import RedisAwayError, StartError
from minimon.shared.faults import UnfitError
from minimon.shared.link import PREFIX, check_server, place_of

ECHO = "return ARGV[1]"
WRITE = "redis.call('SET', KEYS[1], ARGV[1]) return 1"
SECRET = "s3cret-w0rd"


async def ask_on(link):
    while True:
        await link.run(WRITE, [f"{PREFIX}x"], ["1"])


async def lost(link):
    with pytest.raises(RedisAwayError):
        await ask_on(link)
    assert not link.up


def test_a_killed_redis_is_noticed_and_so_is_its_return(own_redis):
    server = own_redis()

    async def test():
        async with linked(server.url) as link:
            first = link.run_id
            server.kill()
            await lost(link)
            assert link.fault == "unreachable"
            await asyncio.to_thread(server.start)
            await until(lambda: link.up)
            assert await link.run(ECHO, [], ["again"]) == b"again"
            assert link.run_id != first

    with capture_logs() as logs:
        run(test())
    assert [line["event"] for line in logs] == ["Redis is away: limits are each replica's own", "Redis is back"]


def test_a_held_redis_holds_a_call_no_longer_than_it_may_and_the_next_not_at_all(own_redis):
    server = own_redis()

    async def test():
        async with linked(server.url, patience=0.3) as link:
            server.hold()
            await lost(link)
            assert link.fault == "slow"
            loop = asyncio.get_running_loop()
            began = loop.time()
            for _ in range(100):
                with pytest.raises(RedisAwayError):
                    await link.run(ECHO, [], ["x"])
            assert loop.time() - began < 0.3  # all of them together: none of them waited
            server.go_on()
            await until(lambda: link.up)

    run(test())


@pytest.mark.parametrize("harm", ["cut", "hang"])
def test_a_broken_line_is_noticed_and_so_is_its_mending(redis, harm):
    cable = Cable(redis.port)

    async def test():
        async with linked(f"redis://127.0.0.1:{cable.port}", patience=0.3) as link:
            await asyncio.to_thread(getattr(cable, harm))
            await lost(link)
            await asyncio.to_thread(cable.mend)
            await until(lambda: link.up)
            assert await link.run(ECHO, [], ["x"]) == b"x"

    try:
        run(test())
    finally:
        cable.stop()


def test_a_slow_line_counts_as_away(redis):
    cable = Cable(redis.port)

    async def test():
        async with linked(f"redis://127.0.0.1:{cable.port}", patience=0.3) as link:
            cable.delay = 0.5
            await lost(link)
            assert link.fault == "slow"

    try:
        run(test())
    finally:
        cable.stop()


def test_a_full_redis_counts_as_away_until_it_has_room(own_redis):
    server = own_redis()

    async def test():
        async with linked(server.url) as link:
            server.ask("CONFIG", "SET", "maxmemory", "1")
            await lost(link)
            await until(lambda: link.fault == "full")
            server.ask("CONFIG", "SET", "maxmemory", "0")
            await until(lambda: link.up)

    run(test())


def test_a_redis_that_is_away_does_not_stop_the_start(own_redis):
    server = own_redis()
    server.kill()

    async def test():
        async with linked(server.url) as link:
            assert not link.up
            await asyncio.to_thread(server.start)
            await until(lambda: link.up)

    run(test())


def test_tls_is_spoken_to_a_server_that_is_trusted_and_to_no_other(own_redis, tmp_path, monkeypatch):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    made += [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(key),
        "-out",
        str(cert),
    ]
    subprocess.run(made, check=True, capture_output=True)
    port = free_port()
    own_redis("--tls-port", str(port), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")

    async def test():
        async with linked(f"rediss://localhost:{port}") as link:
            assert link.fault == "unreachable"  # nobody vouches for its certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        async with linked(f"rediss://localhost:{port}") as link:
            assert await link.run(ECHO, [], ["x"]) == b"x"

    run(test())


@pytest.mark.parametrize("user", ["", "nobody"])
def test_a_wrong_password_stops_the_start_and_is_not_told(own_redis, user):
    server = own_redis("--requirepass", "another")

    async def test():
        with pytest.raises(StartError) as caught:
            async with linked(f"redis://{user}:{SECRET}@127.0.0.1:{server.port}"):
                pass
        assert f"127.0.0.1:{server.port}" in str(caught.value)
        assert SECRET not in str(caught.value)

    run(test())


def test_no_password_where_one_is_asked_for_stops_the_start(own_redis):
    server = own_redis("--requirepass", SECRET)

    async def test():
        with pytest.raises(StartError, match="cannot be used"):
            async with linked(server.url):
                pass
        async with linked(f"redis://:{SECRET}@127.0.0.1:{server.port}/3") as link:
            assert link.up
            assert link.place == f"127.0.0.1:{server.port}/3"

    run(test())


def test_a_password_that_is_changed_meanwhile_is_noticed_and_not_told(own_redis):
    server = own_redis("--requirepass", SECRET)

    async def test():
        async with linked(f"redis://:{SECRET}@127.0.0.1:{server.port}") as link:
            server.ask("-a", SECRET, "CONFIG", "SET", "requirepass", "another")
            server.ask("-a", "another", "CLIENT", "KILL", "TYPE", "normal")
            await lost(link)
            await until(lambda: link.fault == "login")

    with capture_logs() as logs:
        run(test())
    assert SECRET not in str(logs)


def test_rights_that_do_not_suffice_stop_the_start(own_redis):
    server = own_redis()
    server.ask("ACL", "SETUSER", "reader", "on", ">word", "~*", "+@read", "+info", "+eval")

    async def test():
        with pytest.raises(StartError, match="cannot be used"):
            async with linked(f"redis://reader:word@127.0.0.1:{server.port}"):
                pass

    run(test())


def test_a_database_that_is_not_there_stops_the_start(redis):
    async def test():
        with pytest.raises(StartError, match="out of range"):
            async with linked(f"{redis.url}/999"):
                pass

    run(test())


def test_a_cluster_stops_the_start(own_redis):
    server = own_redis("--cluster-enabled", "yes")

    async def test():
        with pytest.raises(StartError, match="cluster"):
            async with linked(server.url):
                pass

    run(test())


def test_an_old_version_is_refused_and_valkey_is_not():
    with pytest.raises(UnfitError, match=r"6\.2"):
        check_server({"redis_version": "6.0.16", "run_id": "a"})
    assert check_server({"redis_version": "7.2.4", "valkey_version": "8.1.0", "run_id": "a"}) == "a"
    assert check_server({"redis_version": "10.0.0", "run_id": "b"}) == "b"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://user:word@redis.example:7000/2", "redis.example:7000/2"),
        ("rediss://redis.example", "redis.example:6379"),
        ("unix:///run/redis.sock", "/run/redis.sock"),
    ],
)
def test_where_it_is_may_be_told_and_who_we_are_may_not(url, place):
    assert place_of(url) == place


def test_a_host_that_is_not_there_does_not_stop_the_start():
    async def test():
        async with linked(f"redis://127.0.0.1:{free_port()}") as link, linked("redis://no-such.invalid") as other:
            assert (link.fault, other.fault) == ("unreachable", "unreachable")

    run(test())
