"""``minimon ledger``: verify, show and prove a ledger file, print its scores, and witness a running service."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from minimon.audit.prove import inclusion_bundle, read_record
from minimon.audit.verify import Report, Verification
from minimon.audit.witness import witness as witness_once

USAGE = 2
UNREACHABLE = 3

ledger_commands = typer.Typer(
    no_args_is_help=True, help="Verify, show, prove, move or print a ledger; witness a service."
)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The ledger's file.")]


@ledger_commands.command()
def verify(
    file: File,
    *,
    key: Annotated[str, typer.Option(help="The checkpoints' public key (vkey); else the first record's.")] = "",
    checkpoints: Annotated[Path | None, typer.Option(help="File of checkpoints; else FILE.checkpoints.")] = None,
    since: Annotated[Path | None, typer.Option(exists=True, help="File with a checkpoint that you trust.")] = None,
    receipts: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of certificates, *.json.")
    ] = None,
    signatures: Annotated[str, typer.Option(help="all, sample:N (one in N) or none.")] = "all",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every line. Status 0: sound; 1: damaged; 2: usage; 3: sound but for a tail that no checkpoint covers."""
    work = Verification(
        file, verifier=key, checkpoints=checkpoints, since=since, receipts=receipts, every=_every(signatures)
    )
    bar = Progress(
        BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task("verify", total=file.stat().st_size)
        report = work.run(jobs, lambda count: bar.advance(task, count))
    _print(report, key=key, as_json=as_json)
    sys.exit(report.status)


def _every(signatures: str) -> int:
    kind, _, number = signatures.partition(":")
    if kind in {"all", "none"} and not number:
        return int(kind == "all")
    if kind == "sample" and number.isdecimal() and int(number):
        return int(number)
    raise typer.BadParameter("all, sample:N or none", param_hint="--signatures")


def _print(report: Report, *, key: str, as_json: bool) -> None:
    words = {0: "sound", 1: "damaged", 3: "sound, with a tail that no checkpoint covers"}
    result: dict[str, Any] = {
        "result": words[report.status],
        "records": report.records,
        "underCheckpoint": report.committed,
        "olderLines": report.older_lines,
        "signaturesChecked": report.signatures,
        "receiptsCompared": report.receipts,
        "tornBytes": report.torn_bytes,
        "keyGiven": bool(key),
    }
    findings = [
        {
            "kind": f.kind,
            "line": report.older_lines + f.record + 1,
            "record": f.record,
            "byte": f.offset,
            "detail": f.detail,
        }
        for f in report.findings
    ]
    if as_json:
        print(orjson.dumps(result | {"findings": findings}).decode())
        return
    for name, value in result.items():
        print(f"{name}: {value}")
    for finding in findings:
        print("line {line}, byte {byte}: {kind}: {detail}".format_map(finding))
    if not key:
        print("note: the checkpoints' key was taken from the file itself; --key gives one that you know")


@ledger_commands.command()
def show(file: File, index: int) -> None:
    """Print one record."""
    record = orjson.loads(_record(file, index))
    print(orjson.dumps(record, option=orjson.OPT_INDENT_2).decode())


@ledger_commands.command()
def prove(file: File, index: int) -> None:
    """Print a record's line, its inclusion proof in the whole file and the root, as JSON."""
    _record(file, index)
    print(orjson.dumps(inclusion_bundle(file, index)).decode())


@ledger_commands.command("csv")
def print_csv(file: File, *, subject: Annotated[str, typer.Option(help="This subject's scores alone.")] = "") -> None:
    """Print the certified scores as CSV: index, id, subject, score, nonce, issuedAt."""
    import csv  # noqa: PLC0415 - this command alone needs it

    table = csv.writer(sys.stdout)
    table.writerow(["index", "id", "subject", "score", "nonce", "issuedAt"])
    with file.open("rb") as lines:
        for line in lines:
            index, payload = _score(line)
            if payload and subject in {"", payload.get("subject", "")}:
                row = [payload.get(name, "") for name in ("id", "subject", "score", "nonce", "issuedAt")]
                table.writerow([index, *row])


def _score(line: bytes) -> tuple[int | str, dict[str, Any]]:
    """Return number and payload of a score, also one of 1.3.0, which has no number; nothing of any other line."""
    try:
        record = orjson.loads(line)
        payload = record["signed"]["payload"]
        return record.get("seq", ""), payload if "score" in payload else {}
    except (ValueError, KeyError, TypeError):
        return "", {}


@ledger_commands.command()
def witness(
    url: str,
    *,
    store: Annotated[Path, typer.Option(help="File that keeps every checkpoint that was accepted.")],
    key: Annotated[str, typer.Option(help="The checkpoints' public key; needed the first time.")] = "",
    cafile: Annotated[Path | None, typer.Option(help="Certificate to trust, PEM.")] = None,
) -> None:
    """Fetch the checkpoint, demand a proof that it continues the last one, and keep it.

    Status 1 if it does not continue it; 3 if the service or the store could not be asked. Run it regularly, on another
    machine. The token is read from MINIMON_BEARER_TOKEN.
    """
    try:
        accepted, detail = witness_once(url, store, key, cafile, os.environ.get("MINIMON_BEARER_TOKEN", ""))
    except OSError as error:
        print(f"not asked: {url}, {store}: {error}; --cafile names a certificate to trust", file=sys.stderr)
        sys.exit(UNREACHABLE)
    print(detail)
    sys.exit(0 if accepted else 1)


def _record(file: Path, index: int) -> bytes:
    line = read_record(file, index)
    if line is None:
        raise typer.BadParameter(f"the ledger has no record {index}", param_hint="INDEX")
    return line
