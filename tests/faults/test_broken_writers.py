"""Each fault's test fails if what it watches over is broken: the sources are copied, broken, and tested again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
FAULTS = "tests/faults/test_faults.py::test_"
SERVICE = "tests/faults/test_service.py::test_"
LEDGER = "tests/scores/test_ledger.py::test_"
OPENING = "tests/scores/test_opening.py::test_"
VERIFY = "tests/audit/test_verify.py::test_"
WEB = "tests/web/test_ledger.py::test_"
TESTS_FAILED = 1
"""pytest's exit status; any other means that the tests did not run."""

pytestmark = pytest.mark.slow


class Broken(NamedTuple):
    what: str
    patches: tuple[tuple[str, str, str], ...]
    """File below src/minimon, what stands in it once, what takes its place."""
    test: str


def broken(what, file, old, new, test, *more):
    return Broken(what, ((file, old, new), *more), test)


NO_ROOT = ("audit/verify.py", "            if tree.root() != claim.root:", "            if False:")
TABLE = [
    broken(
        "a start goes back to the last checkpoint", "scores/opening.py",
        "if keep < max(self._journal.size, proven.end):", "if (keep := proven.end) is not None:",
        FAULTS + "nothing_acknowledged_is_lost_when_the_process_is_killed_under_load",
    ),
    broken(
        "no sync", "scores/journal.py", "            _sync(self._descriptor)\n", "            pass\n",
        FAULTS + "no_acknowledgement_leaves_before_the_sync_that_covers_it_returned",
    ),
    broken(
        "a failed write is passed over", "scores/journal.py", "            self._cut(self.size)\n            raise\n",
        "            return\n", FAULTS + "a_failing_write_is_rolled_back_and_refused_and_the_next_succeeds",
    ),
    broken(
        "a failed sync is tried again", "scores/journal.py",
        '        except OSError as error:\n            raise BrokenLedgerError(f"sync failed',
        "        except OSError as error:\n            return _sync(self._descriptor)\n"
        '            raise BrokenLedgerError(f"sync failed',
        FAULTS + "a_failing_sync_ends_all_acknowledging",
    ),
    broken(
        "a failed cut is passed over", "scores/journal.py",
        'raise BrokenLedgerError(f"cutting back failed: {error}") from error', "return",
        FAULTS + "a_failing_roll_back_ends_all_acknowledging",
    ),
    broken(
        "the folder is not synced", "scores/journal.py", "        sync_folder(path.parent)\n", "",
        FAULTS + "an_open_that_cannot_sync_its_folder_fails",
    ),
    broken(
        "a full disk leaves half a record", "scores/journal.py", "            os.ftruncate(self._descriptor, size)\n",
        "            pass\n", LEDGER + "on_a_disk_that_is_really_full_the_ledger_keeps_whole_lines_and_goes_on",
    ),
    broken(
        "a file's limit leaves half a record", "scores/journal.py",
        "            os.ftruncate(self._descriptor, size)\n", "            pass\n",
        LEDGER + "at_the_systems_limit_of_a_files_size_the_file_keeps_whole_lines_only",
    ),
    broken(
        "half a note gets another behind it", "scores/notes.py", "            self.close()\n        return",
        "            pass\n        return",
        LEDGER + "where_the_checkpoints_alone_find_no_room_records_go_on",
    ),
    broken(
        "checkpoints that find no room stop the writer", "scores/ledger.py",
        "        except NotWrittenError as error:  # tried again, until there is room\n",
        "        except ZeroDivisionError as error:\n", FAULTS + "checkpoints_that_find_no_room_hold_back_no_record",
    ),
    broken(
        "one write, however short", "scores/journal.py", "            while view:\n", "            if view:\n",
        LEDGER + "short_writes_still_make_whole_lines",
    ),
    broken(
        "a torn end stays", "scores/opening.py", "            self._journal.quarantine(max(keep, proven.end))\n",
        "            pass\n", OPENING + "a_torn_end_is_cut_at_every_length_and_nothing_before_it_is_touched",
    ),
    broken(
        "zeros are taken for a stranger's", "scores/opening.py",
        '            if b"\\0" in line:', "            if False:",
        OPENING + "pages_that_a_power_cut_left_empty_are_moved_aside",
    ),
    broken(
        "half a checkpoint stops the start", "scores/notes.py", "        if len(parts) % 2:", "        if False:",
        OPENING + "half_a_checkpoint_is_dropped",
    ),
    broken(
        "the verifier looks at no root, link or signature", *NO_ROOT,
        VERIFY + "every_bit_that_flips_in_the_ledger_is_noticed",
        ("audit/lines.py", "elif link != result.last:", "elif False:"),
        ("audit/lines.py", "if signature and not key.accepts", "if False and not key.accepts"),
    ),
    broken(
        "the verifier believes every checkpoint", "audit/notes.py",
        "                if not self.accepts(signature[4:], text):\n", "                if False:\n",
        VERIFY + "every_bit_that_flips_in_the_checkpoints_is_noticed",
    ),
    broken(
        "the verifier misses what is not there", "audit/verify.py",
        "            if claimed > size:", "            if False:",
        VERIFY + "every_edit_is_noticed",
    ),
    broken(
        "a start believes every signature", "scores/records.py", "    if not key.verify(canonical, signature):",
        "    if False:", OPENING + "a_chained_line_whose_signature_is_wrong_is_refused",
    ),
    broken(
        "a start believes every key", "scores/records.py", "    key = keys.get(kid) or _newcomer(record, own)\n",
        "    key = keys.get(kid, own)\n",
        OPENING + "a_chained_line_signed_by_another_key_is_refused",
        ("scores/records.py", "    if not key.verify(canonical, signature):", "    if False:"),
    ),
    broken(
        "a key may prove itself", "scores/records.py", "    if not proven:\n", "    if False:\n",
        OPENING + "a_key_that_signs_for_itself_is_adopted_only_if_the_checkpoints_key_proves_it",
    ),
    broken(
        "the verifier lets a key prove itself", "audit/lines.py",
        "        prover = self._checkpoint_key if new.kid == signer.kid else new\n", "        prover = new\n",
        OPENING + "a_key_that_signs_for_itself_is_adopted_only_if_the_checkpoints_key_proves_it",
    ),
    broken(
        "a start takes a record twice", "scores/opening.py",
        "        if adopted.setdefault(key, number) != number or store", "        if False and store",
        OPENING + "a_genuine_record_that_is_entered_again_is_refused",
    ),
    broken(
        "nobody looks whether the file was touched", "scores/journal.py", "            named = self.path.stat()\n",
        "            return\n            named = self.path.stat()\n",
        OPENING + "a_change_underneath_is_noticed_before_the_next_acknowledgement",
    ),
    broken(
        "no lock", "scores/journal.py", "        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "",
        LEDGER + "a_second_process_is_refused_and_the_lock_is_free_once_the_first_is_killed",
    ),
    broken(
        "a nonce may be used again", "scores/store.py", "index = known.setdefault(entry.key, head.size)",
        "index = head.size", WEB + "two_hundred_equal_nonces_at_once_make_one_record",
    ),
    broken(
        "a witness accepts fewer records", "audit/witness.py", "    if new.size < last.size:\n", "    if False:\n",
        WEB + "a_witness_follows_the_ledger_and_notices_that_it_was_rolled_back",
        ("audit/witness.py", "    if roots_from_consistency(", "    if False and roots_from_consistency("),
        ("audit/witness.py", "path = [] if last.size == new.size else", "path = [] if last.size >= new.size else"),
    ),
    broken(
        "a failed sync does not end the process", "scores/ledger.py", "            self.on_failed_sync()\n",
        "            pass\n", SERVICE + "after_a_failed_sync_the_service_is_not_ready_and_ends_with_status_1",
    ),
    broken(
        "a stop waits for nobody", "server.py", "timeout_graceful_shutdown=DRAIN_SECONDS",
        "timeout_graceful_shutdown=0", SERVICE + "a_stop_answers_what_is_in_flight_and_records_nothing_else",
    ),
    broken(
        "time goes back", "clock.py", "        self._last = max(self._last, self._clock())\n",
        "        self._last = self._clock()\n", "tests/test_clock.py::test_a_steady_clock",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.what)
def test_a_broken_one_is_noticed(case, tmp_path):
    shutil.copytree(ROOT / "src/minimon", tmp_path / "minimon")
    for name, old, new in case.patches:
        file = tmp_path / "minimon" / name
        text = file.read_text()
        assert text.count(old) == 1, f"{name} has changed: {old!r}"
        file.write_text(text.replace(old, new))
    module, _, test = case.test.partition("::")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-k", test, "-p", "no:cacheprovider"]
    environ = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([*command, module], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == TESTS_FAILED, done.stdout[-2000:] + done.stderr[-2000:]
