"""What a start repairs, and what it refuses: a restart must not launder a line that the service did not write."""

import asyncio
import base64
import shutil

import orjson
import pytest
from tests.scores.conftest import make_identity

from minimon.audit.verify import Verification
from minimon.errors import InternalError, LedgerUnavailableError, NonceReplayedError, StartError
from minimon.scores import journal, opening
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store
from minimon.scores.records import Head, key_entry
from minimon.scores.storing import Identity


def sound(path):
    return Verification(path).run(1, lambda _: None).status == 0


def beside(path, end):
    return path.with_name(f"{path.name}.{end}")


def fill(opened, path, score, count=4):
    """Write so many scores; return the files' contents before the last of them was."""
    with opened(path) as ledger:
        for number in range(count - 1):
            asyncio.run(ledger.append(score(number)))
    notes = beside(path, "checkpoints").read_bytes()
    with opened(path) as ledger:
        asyncio.run(ledger.append(score(count - 1)))
    return notes


def head_of(path):
    head = Head(0, 0, b"", ())
    for line in path.read_bytes().splitlines():
        head, _ = head.after(line)
    return head


def append(path, *lines):
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))


def fault(path, identity):
    with pytest.raises(StartError) as caught:
        Ledger(open_ledger_store(path, identity)).close()
    return caught.value.faults[0]


def test_sound_lines_behind_the_checkpoint_are_adopted(opened, path, score):
    notes = fill(opened, path, score)
    beside(path, "checkpoints").write_bytes(notes)
    before = path.read_bytes()
    with opened(path) as ledger:
        assert ledger.store.head.size == 5
        asyncio.run(ledger.append(score(9)))
    assert path.read_bytes().startswith(before)
    assert sound(path)


def test_a_torn_end_is_cut_at_every_length_and_nothing_before_it_is_touched(opened, path, score, tmp_path):
    notes = fill(opened, path, score)
    beside(path, "checkpoints").write_bytes(notes)
    whole = path.read_bytes()
    last = whole.rfind(b"\n", 0, -1) + 1
    for cut in [*range(last, len(whole), 37), len(whole) - 1]:
        folder = tmp_path / str(cut)
        shutil.copytree(path.parent, folder)
        torn = folder / path.name
        torn.write_bytes(whole[:cut])
        with opened(torn) as ledger:
            assert ledger.store.head.size == 4
        assert torn.read_bytes() == whole[:last]
        assert [file.read_bytes() for file in folder.glob("*.torn-*")] == ([whole[last:cut]] if cut > last else [])


@pytest.mark.parametrize("zeros", [b"\0" * 4096, b"\0" * 100 + b'"}\n', b"\0\n\0\n"])
def test_pages_that_a_power_cut_left_empty_are_moved_aside(opened, path, score, zeros):
    fill(opened, path, score)
    before = path.read_bytes()
    with path.open("ab") as file:
        file.write(zeros)
    with opened(path):
        assert path.read_bytes() == before
    (torn,) = path.parent.glob("*.torn-*")
    assert torn.read_bytes() == zeros


def test_half_a_checkpoint_is_dropped(opened, path, score):
    fill(opened, path, score)
    notes = beside(path, "checkpoints")
    whole = notes.read_bytes()
    for cut in range(whole.rfind(b"\n\nminimon/") + 2, len(whole), 11):
        notes.write_bytes(whole[:cut])
        with opened(path) as ledger:
            assert ledger.store.head.size == 5
        assert sound(path)


def test_a_chained_line_signed_by_another_key_is_refused(opened, path, score, identity, other_identity):
    fill(opened, path, score)
    append(path, score(1, signer=other_identity.signer).line(head_of(path)))
    before = path.read_bytes()
    assert "was not written by this service: signed by the unknown key" in fault(path, identity)
    assert path.read_bytes() == before


def forged(line, **changes):
    record = orjson.loads(line)
    record["signed"] |= changes
    return orjson.dumps(record)


def test_a_chained_line_whose_signature_is_wrong_is_refused(opened, path, score, identity):
    fill(opened, path, score)
    line = score(1).line(head_of(path))
    append(path, forged(line, signatureB64=base64.b64encode(b"x" * 64).decode()))
    assert "its signature is wrong" in fault(path, identity)


def test_a_genuine_record_that_is_entered_again_is_refused(opened, path, score, identity):
    fill(opened, path, score)
    head = head_of(path)
    body = path.read_bytes().splitlines()[2].partition(b'"kid"')[2]
    append(path, b'{"v":2,"type":"score","seq":%d,"prev":"%b","kid"%b' % (head.size, head.prev, body))
    assert "its nonce was used before" in fault(path, identity)
    beside(path, "nonces").unlink()
    assert "its nonce was used before" in fault(path, identity)


def test_a_line_that_is_complete_and_no_record_is_refused(opened, path, score, identity):
    fill(opened, path, score)
    for line in (b"", b"{}", b'{"score":1}', b"\xff"):
        before = path.read_bytes()
        append(path, line)
        assert "was not written by this service" in fault(path, identity)
        path.write_bytes(before)


def test_lines_that_were_signed_for_and_are_gone_or_changed_are_refused(opened, path, score, identity):
    fill(opened, path, score)
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (lines[:-1], [], [*lines[:2], lines[3], lines[2], lines[4]], [lines[0], *lines[2:]]):
        path.write_bytes(b"".join(changed))
        assert "does not hold what was signed at 5 records" in fault(path, identity)
    path.write_bytes(b"".join(lines))
    with opened(path) as ledger:
        assert ledger.store.head.size == 5


def test_records_without_checkpoints_are_refused(opened, path, score, identity):
    fill(opened, path, score)
    beside(path, "checkpoints").unlink()
    assert "checkpoints is gone" in fault(path, identity)


def test_the_checkpoints_of_another_key_are_refused(opened, path, score, other_identity):
    fill(opened, path, score)
    assert "the last checkpoint is not ours" in fault(path, other_identity)


@pytest.mark.parametrize(
    "damaged", [(e, d) for e in ("tree", "offsets", "nonces") for d in (b"", b"x" * 5, b"x" * 99_999)]
)
def test_what_stands_beside_the_ledger_is_made_again(opened, path, score, monkeypatch, damaged):
    end, damage = damaged
    monkeypatch.setattr(opening, "PROVEN", 2)
    entry = score(7, nonce="n", subject="s")
    with opened(path) as ledger:
        first = asyncio.run(ledger.append(entry))
        for number in range(6):
            asyncio.run(ledger.append(score(number)))
    beside(path, end).write_bytes(damage)
    with opened(path) as ledger:
        assert ledger.store.head.size == 8
        assert ledger.store.record(3) == path.read_bytes().splitlines()[3]
        again = asyncio.run(ledger.append(score(7.0, nonce="n", subject="s")))
        assert (again.index, again.line, again.before, again.after) == (
            first.index,
            first.line,
            first.before,
            first.after,
        )
        with pytest.raises(NonceReplayedError):
            asyncio.run(ledger.append(score(8, nonce="n", subject="s")))
    assert sound(path)


def test_a_file_of_an_older_version_is_taken_over_as_it_is(opened, path, score):
    older = b'{"signed": {"payload": {}}, "generatedAt": "x"}\n' * 3
    path.parent.mkdir()
    path.write_bytes(older)
    for number in range(2):
        with opened(path) as ledger:
            asyncio.run(ledger.append(score(number)))
    assert path.read_bytes().startswith(older)
    assert sound(path)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert not sound(path)


@pytest.mark.parametrize("end", ["tree", "offsets"])
def test_a_record_whose_files_were_changed_gets_no_receipt_and_harms_no_other(opened, path, score, end):
    with opened(path) as ledger:
        first = score(7, nonce="n")
        asyncio.run(ledger.append(first))
        ledger.store.settle()
        rows = beside(path, end)
        data = bytearray(rows.read_bytes())
        data[15] ^= 1  # the first leaf, and where the second record begins
        rows.write_bytes(data)

        async def both():
            return await asyncio.gather(*map(ledger.append, (first, score(8))), return_exceptions=True)

        again, other = asyncio.run(both())
        assert isinstance(again, InternalError)
        assert other.index == 2
        with pytest.raises(InternalError):
            ledger.store.record(1)
    assert sound(path)


def change_underneath(path, how):
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-10])
    elif how == "appended to":
        append(path, b"foreign")
    elif how == "renamed":
        path.rename(path.with_name("moved"))
    else:
        copy = path.with_name("copy")
        shutil.copy(path, copy)
        copy.replace(path)


@pytest.mark.parametrize("how", ["truncated", "appended to", "renamed", "replaced"])
def test_a_change_underneath_is_noticed_before_the_next_acknowledgement(opened, path, score, how):
    with opened(path) as ledger:
        asyncio.run(ledger.append(score(1)))
        change_underneath(path, how)
        for _ in range(2):
            with pytest.raises(Exception, match="cannot take records"):
                asyncio.run(ledger.append(score(2)))
        assert not ledger.writable and not ledger.sync_failed


def test_a_change_that_is_noticed_only_after_the_write_leaves_open_whether_the_record_stands(
    opened, path, score, monkeypatch
):
    with opened(path) as ledger:
        sync = journal._sync
        monkeypatch.setattr(journal, "_sync", lambda descriptor: (sync(descriptor), append(path, b"foreign")))
        with pytest.raises(LedgerUnavailableError, match="may be recorded or not"):
            asyncio.run(ledger.append(score(2)))
        assert not ledger.writable
        with pytest.raises(LedgerUnavailableError, match="nothing was certified"):
            asyncio.run(ledger.append(score(3)))


def key_payload(identity, new):
    return {"id": identity.new_id(), "type": "key", "issuedAt": "2026-11-22T00:00:00Z", "key": dict(new.public.jwk)}


@pytest.mark.parametrize("by", ["checkpoint key", "itself"])
def test_a_key_that_signs_for_itself_is_adopted_only_if_the_checkpoints_key_proves_it(
    opened, path, score, identity, by
):
    fill(opened, path, score)
    new = make_identity()
    prove = identity.checkpoint_key.prove if by == "checkpoint key" else new.signer.sign
    record = key_entry(key_payload(identity, new), new.signer, prove, "rotation").line(head_of(path))
    append(path, record)
    if by == "itself":
        assert "nothing proves the key that it brings in" in fault(path, identity)
        assert Verification(path).run(1, lambda _: None).findings[0].kind == "key"
        return
    append(path, score(1, signer=new.signer).line(head_of(path)))
    mixed = Identity(new.signer, new.public, identity.checkpoint_key, identity.clock, identity.new_id)
    with opened(path, mixed) as ledger:
        assert (ledger.store.head.size, list(ledger.store.keys)[-1]) == (7, new.public.kid)
    assert sound(path)


def test_a_key_hands_over_with_a_record_signed_by_both(opened, path, score, identity, other_identity):
    new = other_identity
    with opened(path) as ledger:
        payload = {"id": identity.new_id(), "type": "key", "issuedAt": "2026-11-22T00:00:00Z", "key": new.public.jwk}
        asyncio.run(ledger.append(key_entry(payload, identity.signer, new.signer.sign, "rotation")))
        asyncio.run(ledger.append(score(1, signer=new.signer)))
        assert list(ledger.store.keys) == [identity.public.kid, new.public.kid]
    assert sound(path)
    assert "its signing key is" in fault(path, identity)
    mixed = Identity(new.signer, new.public, identity.checkpoint_key, identity.clock, identity.new_id)
    with opened(path, mixed) as ledger:
        assert list(ledger.store.keys) == [identity.public.kid, new.public.kid]
