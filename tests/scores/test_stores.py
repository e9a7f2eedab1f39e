"""What every store of the ledger promises (``storing.LedgerStore``), asked of each."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from minimon.audit.tree import GrowingTree, hash_leaf, root_from_path, roots_from_consistency
from minimon.errors import NonceReplayedError, StartError
from minimon.scores.ledger import Ledger
from minimon.scores.merkle import consistency_proof, inclusion_proof
from minimon.scores.nonces import nonce_key
from minimon.scores.receipts import full_receipt
from minimon.scores.records import key_entry
from minimon.scores.storing import Committed, Identity, open_ledger
from minimon.settings import Settings


@pytest.fixture(params=["file", "postgres"])
def settings(request, tmp_path):
    url = ""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        url = server.url(server.database())
    return Settings(score_ledger_path=str(tmp_path / "scores.jsonl"), ledger_url=url)


@pytest.fixture
def store(settings, identity):
    with contextlib.closing(open_ledger(settings, identity)) as store:
        yield store


@pytest.fixture
def ledger(settings, identity):
    ledger = Ledger(open_ledger(settings, identity))
    yield ledger
    ledger.close()


def lines(store):
    return [store.record(index) for index in range(store.head.size)]


def test_a_new_ledger_begins_with_the_record_that_says_whose_it_is(store, identity):
    (line,) = lines(store)
    payload = orjson.loads(line)["signed"]["payload"]
    assert (payload["type"], payload["checkpointKey"]) == ("genesis", identity.checkpoint_key.verifier)
    assert list(store.keys) == [identity.public.kid]


def test_records_stand_in_the_order_of_their_appends_each_chained_to_the_one_before(store, score):
    for number in range(5):
        store.commit([score(number), score(number + 0.5)])
    found = [orjson.loads(line) for line in lines(store)]
    assert [record["seq"] for record in found] == list(range(11))
    assert [record["signed"]["payload"].get("score") for record in found][1:] == [n / 2 for n in range(10)]


def test_the_root_is_that_of_the_lines(store, score):
    tree = GrowingTree()
    for size in range(1, 40):
        if size > 1:
            store.commit([score(size)])
        tree.extend([hash_leaf(store.record(size - 1))])
        assert (store.head.size, store.head.root) == (size, tree.root())


def test_every_record_and_size_has_its_proof(store, score):
    store.commit([score(number) for number in range(20)])
    roots, tree = [], GrowingTree()
    for line in lines(store):
        tree.extend([hash_leaf(line)])
        roots.append(tree.root())
    for index, line in enumerate(lines(store)):
        for size in range(index + 1, 22):
            path = store.read_tree(lambda read, i=index, n=size: inclusion_proof(read, i, n))
            assert root_from_path(hash_leaf(line), index, size, path) == roots[size - 1]
            proof = store.read_tree(lambda read, i=index, n=size: consistency_proof(read, i + 1, n))
            assert roots_from_consistency(index + 1, size, roots[index], proof) == (roots[index], roots[size - 1])


def test_opening_again_goes_on_behind_what_is_there(settings, identity, score):
    with contextlib.closing(open_ledger(settings, identity)) as store:
        store.commit([score(1), score(2)])
        before, last = lines(store), store.last_time()
    with contextlib.closing(open_ledger(settings, identity)) as store:
        assert (lines(store), store.last_time()) == (before, last)
        store.commit([score(3)])
        assert lines(store)[:-1] == before


def test_many_appends_at_once_are_all_there_once(ledger, score):
    entries = [score(number) for number in range(300)]

    async def run():
        return await asyncio.gather(*(ledger.append(entry) for entry in entries))

    records = asyncio.run(run())
    assert sorted(record.index for record in records) == list(range(1, 301))
    assert {record.line for record in records} == set(lines(ledger.store)[1:])
    assert all(record.line.endswith(entry.body) for record, entry in zip(records, entries, strict=True))


def test_the_same_score_with_the_same_nonce_gets_the_first_answer_and_another_score_none(store, score, identity):
    (first,) = store.commit([score(5, nonce="n", subject="s")])
    same, other = store.commit([score(5.0, nonce="n", subject="s"), score(6, nonce="n", subject="s")])
    assert (same.replayed, isinstance(other, NonceReplayedError)) == (True, True)
    assert full_receipt(same, identity.checkpoint_key) == full_receipt(first, identity.checkpoint_key)
    assert store.head.size == 2


def test_equal_nonces_in_one_batch_are_one_record(store, score):
    answers = store.commit([score(n % 2, nonce="n") for n in range(10)] + [score(9)])
    assert [type(answer) for answer in answers[:-1]] == [Committed, NonceReplayedError] * 5
    assert {answer.line for answer in answers[:-1] if isinstance(answer, Committed)} == {store.record(1)}
    assert (answers[-1].index, store.head.size) == (2, 3)


def test_a_nonce_is_used_for_ever(settings, identity, score):
    with contextlib.closing(open_ledger(settings, identity)) as store:
        store.commit([score(1, nonce="n"), score(2)])
        store.settle()
    with contextlib.closing(open_ledger(settings, identity)) as store:
        again, other = store.commit([score(1, nonce="n"), score(2, nonce="n")])
        assert (again.index, again.replayed, isinstance(other, NonceReplayedError)) == (1, True, True)


def test_an_entry_that_is_tried_again_is_entered_once(store, score):
    entry = score(5, nonce="n")
    (first,), (second,) = store.commit([entry]), store.commit([entry])
    assert (first, store.head.size) == (second, 2)


def test_a_record_is_found_by_its_nonce(store, score):
    store.commit([score(1, nonce="a", subject="s"), score(2, nonce="b")])
    keys = [nonce_key("score", payload) for payload in ({"subject": "s", "nonce": "a"}, {"nonce": "b"}, {"nonce": "c"})]
    assert [store.find(key) for key in keys] == [1, 2, None]


@pytest.mark.parametrize("index", [-1, 1, 10**15 - 1])
def test_a_record_that_is_not_there_is_none(store, index):
    with pytest.raises(IndexError):
        store.record(index)


def test_any_thread_may_read_while_one_writes(ledger, score):
    async def write():
        for number in range(60):
            await ledger.append(score(number))

    def read(_):
        ledger.store.refresh()
        head = ledger.store.head
        return ledger.store.record(head.size - 1).startswith(b'{"v":2')

    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(read, range(100))
        asyncio.run(write())
        assert all(answers)


def test_a_key_hands_over_and_the_old_one_is_not_taken_back(settings, identity, other_identity, score):
    new = other_identity
    with contextlib.closing(open_ledger(settings, identity)) as store:
        payload = {"id": identity.new_id(), "type": "key", "issuedAt": "2026-11-22T00:00:00Z", "key": new.public.jwk}
        store.commit([key_entry(payload, identity.signer, new.signer.sign, "rotation"), score(1, signer=new.signer)])
        assert list(store.keys) == [identity.public.kid, new.public.kid]
        store.settle()
    with pytest.raises(StartError, match="its signing key is"):
        open_ledger(settings, identity)
    mixed = Identity(new.signer, new.public, identity.checkpoint_key, identity.clock, identity.new_id)
    with contextlib.closing(open_ledger(settings, mixed)) as store:
        assert list(store.keys) == [identity.public.kid, new.public.kid]


def test_a_ledger_of_another_checkpoint_key_is_refused(settings, identity, other_identity):
    open_ledger(settings, identity).close()
    with pytest.raises(StartError, match="checkpoint is not ours"):
        open_ledger(settings, other_identity)
