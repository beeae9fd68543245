"""Each deliberately wrong file is found at its line and by its rule alone; our own migrations are clean."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundwork.schema import patterns
from groundwork.schema.cli import app
from groundwork.schema.findings import Finding, Level, annotation
from groundwork.schema.scratch import ScratchServer
from groundwork.schema.validate import validate
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project
from tests.support import ROOT, groundwork

WRONG = Path(__file__).parent / "wrong"
FILES = sorted(path for path in WRONG.glob("*.sql") if path.name != "base.sql")
BASE = [WRONG / "base.sql"]


def expected(file: Path) -> set[tuple[int, str]]:
    """Return the lines and rules that the file's comments announce."""
    lines = enumerate(file.read_text().splitlines(), 1)
    return {(line, rule) for line, text in lines for rule in re.findall(r"-- wrong: (\S+)", text)}


def failing(findings: list[Finding]) -> set[tuple[int, str]]:
    return {(finding.line, finding.rule) for finding in findings if finding.level >= Level.warning}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mistake_is_found_at_its_line(scratch: ScratchServer, file: Path) -> None:
    wanted = expected(file)
    assert wanted, "the file says what is wrong with it"
    needs_advisors = any(rule.startswith("supabase/") for _, rule in wanted)
    findings = validate(scratch, [file], BASE, advisors=needs_advisors)
    assert failing(findings) == wanted, [str(finding) for finding in findings]


def test_there_are_thirty_wrong_files() -> None:
    assert len(FILES) >= 30


def test_the_base_of_the_wrong_files_is_right(scratch: ScratchServer) -> None:
    assert validate(scratch, BASE, advisors=False) == []


def test_our_own_migrations_are_clean(scratch: ScratchServer) -> None:
    findings = validate(scratch, Project.load(ROOT).migrations)
    bad = [finding for finding in findings if finding.level >= Level.warning and not finding.silenced]
    assert not bad, "\n".join(map(str, bad))


@pytest.mark.parametrize("pattern", patterns.PATTERNS)
def test_what_is_generated_is_clean(scratch: ScratchServer, tmp_path: Path, pattern: str) -> None:
    file = tmp_path / f"{pattern}.sql"
    file.write_text(patterns.generate(Project.load(ROOT), pattern, schema="product"))
    findings = validate(scratch, [file], advisors=False)
    bad = [finding for finding in findings if finding.level >= Level.warning and not finding.silenced]
    assert not bad, "\n".join(map(str, bad))


def test_a_reason_silences(scratch: ScratchServer, tmp_path: Path) -> None:
    file = tmp_path / "queue.sql"
    file.write_text(
        "-- groundwork: allow no-primary-key because it is a queue\n"
        "create table private.queue (at timestamptz not null);\n"
        "create table private.other (at timestamptz not null); -- groundwork: allow no-primary-key because so\n"
        "-- groundwork: allow no-rls because nothing\n"
        "select 1;\n"
    )
    findings = validate(scratch, [file], BASE, advisors=False)
    assert [(finding.rule, finding.silenced) for finding in findings] == [
        ("no-primary-key", "it is a queue"),
        ("no-primary-key", "so"),
        ("allow-unused", ""),
    ]


def test_exit_codes_and_formats(scratch: ScratchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run = CliRunner()
    wrong = str(WRONG / "rls-missing.sql")
    on = ["--no-advisors", "--server", scratch.server.url(scratch.server.admin)]
    found = run.invoke(app, ["validate", wrong, "--after", str(BASE[0]), "--format", "json", *on])
    assert found.exit_code == 1, found.output
    assert [(row["line"], row["rule"], row["level"]) for row in json.loads(found.stdout)] == [
        (1, "no-rls", "error")
    ]
    annotated = run.invoke(app, ["validate", wrong, "--after", str(BASE[0]), "--format", "github", *on])
    assert annotated.exit_code == 1
    (line,) = [line for line in annotated.stdout.splitlines() if line.startswith("::error ")]
    assert line.startswith("::error file=tests/schema/wrong/rls-missing.sql,line=1,title=no-rls::")
    missing = run.invoke(app, ["validate", str(tmp_path / "none.sql")])
    assert missing.exit_code == 2
    assert "There is no file" in missing.stderr
    unreachable = run.invoke(app, ["validate", wrong, "--server", "postgresql://postgres@127.0.0.1:1/x"])
    assert unreachable.exit_code == 2
    assert "--server" in unreachable.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "reset session authorization;\nselect pg_terminate_backend(pg_backend_pid());\nselect 2;\n",
            ":2 ends or occupies its session",
        ),
        ("copy public.messages from stdin;\n", ":1 ends or occupies its session"),
        ("reset session authorization;\ndrop schema auth cascade;\n", "could not be examined"),
        ("reset session authorization;\ndrop schema groundwork_scratch cascade;\n", "could not be examined"),
    ],
)
def test_what_keeps_a_file_from_being_checked_is_exit_code_2(
    scratch: ScratchServer, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "ending.sql"
    file.write_text(text)
    on = ["--no-advisors", "--server", scratch.server.url(scratch.server.admin)]
    ended = CliRunner().invoke(app, ["validate", str(file), "--after", str(BASE[0]), *on])
    assert ended.exit_code == 2, ended.output
    assert told in ended.stderr and "do:" in ended.stderr
    assert "Traceback" not in ended.output


def test_what_comes_before_ends_its_transactions(scratch: ScratchServer, tmp_path: Path) -> None:
    before = tmp_path / "before.sql"
    before.write_text("begin;\ncreate schema private;\n")
    with pytest.raises(StackError, match="begins a transaction and does not end it"):
        validate(scratch, [WRONG / "primary-key-missing.sql"], [before], advisors=False)


def test_a_statement_without_end_is_found(scratch: ScratchServer, tmp_path: Path) -> None:
    file = tmp_path / "endless.sql"
    file.write_text("set statement_timeout = 0;\ndo $$ begin loop end loop; end $$;\nselect 1;\n")
    findings = validate(scratch, [file], BASE, advisors=False, timeout="700ms")
    assert failing(findings) == {(2, "load")}
    assert "statement timeout" in findings[0].message


def test_the_command_checks_on_a_server_of_its_own() -> None:
    clean = groundwork("schema", "validate", str(BASE[0]), "--no-advisors")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert clean.stdout == "1 file: 0 errors, 0 warnings, 0 notes\n"


def test_annotations_are_written_as_github_reads_them() -> None:
    finding = Finding("a,b.sql", 3, "no-rls", Level.error, "100%\nwrong", "mend it")
    assert annotation(finding) == "::error file=a%2Cb.sql,line=3,title=no-rls::100%25%0Awrong Do: mend it"
