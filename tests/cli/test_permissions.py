"""`why403 permissions` as its users run it, with a small published table of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from proxy_addons.intake.har import read_har
from tests.cli.command import why403
from tests.sinks.reports import assert_golden
from tests.sinks.store.stored import record, store_all
from tests.support.wire import TENANT, jwt

if TYPE_CHECKING:
    import subprocess

GOLDEN: Final = Path(__file__).parent / "golden"
GRAPH: Final = "https://graph.microsoft.com"
APP_ID: Final = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"
USER: Final = jwt({"aud": GRAPH, "scp": "User.Read", "tid": TENANT, "appid": APP_ID, "upn": "adele@contoso.com"})
DAEMON: Final = jwt({"aud": GRAPH, "idtyp": "app", "roles": ["User.Read.All"], "tid": TENANT, "appid": APP_ID})


def published(**permissions: dict[str, str]) -> bytes:
    """A table in Microsoft's form; every permission is delegated and opens GET on its paths."""
    shape = {
        name.replace("_", "."): {
            "authorizationType": "oAuth2",
            "schemes": {"DelegatedWork": {"requiresAdminConsent": False, "privilegeLevel": 1}},
            "pathSets": [{"schemeKeys": ["DelegatedWork"], "methods": ["GET"], "paths": paths}],
        }
        for name, paths in permissions.items()
    }
    return json.dumps({"permissions": shape}).encode()


def ask(folder: Path, *arguments: str | Path, given: str = "", variable: str = "") -> subprocess.CompletedProcess[str]:
    return why403("permissions", *arguments, given=given, WHY403_DATA_DIR=str(folder), WHY403_TOKEN=variable)


def answer(folder: Path, *arguments: str, token: str = "", code: int = 0) -> dict[str, Any]:
    option = ("--token", "-") if token else ()
    ended = ask(folder, "check", *arguments, *option, "--format", "json", given=token)
    assert (ended.returncode, ended.stderr) == (code, "")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_gap_is_told_with_the_least_first_and_leaves_with_3(tmp_path: Path) -> None:
    found = answer(tmp_path, "GET", f"{GRAPH}/v1.0/me/messages?$top=1", token=USER, code=3)
    assert found.keys() == {"operation", "method", "accepted", "held", "missing", "verdict", "data"}
    assert (found["operation"], found["method"], found["verdict"]) == ("/me/messages", "GET", "missing")
    assert found["accepted"].keys() == {"delegated-work", "delegated-personal", "application"}
    assert (found["held"], found["missing"][0]) == (["User.Read"], "Mail.ReadBasic")


def test_a_token_that_holds_enough_is_granted(tmp_path: Path) -> None:
    found = answer(tmp_path, "get", "/me", token=f"Bearer {USER}\n")
    assert (found["verdict"], found["missing"]) == ("granted", [])


def test_an_app_is_told_that_there_is_no_me_for_it(tmp_path: Path) -> None:
    assert answer(tmp_path, "GET", "/v1.0/me/messages", token=DAEMON, code=3)["verdict"] == "unsupported-scheme"


def test_an_operation_no_table_knows_is_unknown(tmp_path: Path) -> None:
    found = answer(tmp_path, "GET", "/v1.0/nobody/knows", token=USER)
    assert (found["operation"], found["verdict"]) == (None, "unknown")
    assert found["accepted"] == {"delegated-work": [], "delegated-personal": [], "application": []}


def test_without_a_token_only_what_is_accepted_is_told(tmp_path: Path) -> None:
    found = answer(tmp_path, "GET", "/v1.0/me/messages")
    assert (found["verdict"], found["held"]) == ("unknown", [])
    assert "Mail.Read" in found["accepted"]["delegated-work"]


def test_a_token_for_another_api_is_named_as_the_reason(tmp_path: Path) -> None:
    other = jwt({"aud": "https://outlook.office365.com", "scp": "Mail.Read"})
    found = answer(tmp_path, "GET", "/v1.0/me/messages", token=other)
    assert found["verdict"] == "unknown"
    assert "https://outlook.office365.com" in found["data"]["note"]


def test_an_ews_operation_is_answered_by_its_name(tmp_path: Path) -> None:
    address = "https://outlook.office365.com/EWS/Exchange.asmx"
    app = jwt({"aud": "https://outlook.office365.com", "idtyp": "app", "roles": ["Mail.Read"]})
    found = answer(tmp_path, "POST", address, "--name", "FindItem", token=app, code=3)
    assert found["missing"][0] == "full_access_as_app"
    assert "RBAC for Applications" in found["data"]["narrower"]


@pytest.mark.parametrize("form", ["text", "md"])
def test_what_a_person_reads_is_designed(tmp_path: Path, form: str) -> None:
    (tmp_path / "t.json").write_bytes(published(Mail_ReadBasic={"/me/messages": ""}, Mail_Read={"/me/messages": ""}))
    assert ask(tmp_path, "import", tmp_path / "t.json").returncode == 0
    ended = ask(tmp_path, "check", "GET", "/me/messages", "--token", "-", "--format", form, given=USER)
    assert ended.returncode == 3
    day = json.loads(ask(tmp_path, "status", "--format", "json").stdout)["tables"][0]["date"]
    assert_golden(GOLDEN / f"permissions_check.{form}", ended.stdout.replace(day, "DAY"))


def test_a_token_from_the_environment_is_used_and_never_shown(tmp_path: Path) -> None:
    ended = ask(tmp_path, "check", "GET", "/v1.0/me/messages", variable=USER)
    assert ended.returncode == 3
    assert "eyJ" not in ended.stdout + ended.stderr


def test_a_token_on_the_command_line_is_refused_and_never_shown(tmp_path: Path) -> None:
    ended = ask(tmp_path, "check", "GET", "/me", "--token", USER)
    assert ended.returncode == 2
    assert "standard input" in ended.stderr
    assert "eyJ" not in ended.stdout + ended.stderr


def test_an_empty_standard_input_is_no_token(tmp_path: Path) -> None:
    ended = ask(tmp_path, "check", "GET", "/me", "--token", "-")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_an_imported_table_is_used_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(published(Mine_Read={"/me/messages": "", "/only/mine": ""}))
    ended = ask(tmp_path, "import", tmp_path / "t.json")
    assert (ended.returncode, ended.stdout.partition(" from ")[0]) == (0, "2 operations on 2 paths and 1 permission")
    found = answer(tmp_path, "GET", "/v1.0/me/messages")
    assert (found["accepted"]["delegated-work"], found["data"]["table"]) == (["Mine.Read"], "imported")
    assert answer(tmp_path, "GET", "/v1.0/only/mine")["operation"] == "/only/mine"


@pytest.mark.parametrize("content", [b"{", b'{"permissions": {}}', published(A={"no-slash": ""})])
def test_a_broken_import_is_refused_and_the_old_data_stays(tmp_path: Path, content: bytes) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(published(Mine_Read={"/only/mine": ""}))
    bad.write_bytes(content)
    ask(tmp_path, "import", good)
    ended = ask(tmp_path, "import", bad)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "The data in use stays as it was" in ended.stderr
    assert str(bad) in ended.stderr
    assert answer(tmp_path, "GET", "/v1.0/only/mine")["operation"] == "/only/mine"


def test_a_source_that_is_not_there_and_a_folder_that_takes_nothing_are_named(tmp_path: Path) -> None:
    assert "No such file" in ask(tmp_path, "import", tmp_path / "none.json").stderr
    (tmp_path / "t.json").write_bytes(published(Mine_Read={"/only/mine": ""}))
    ended = ask(tmp_path / "t.json", "import", tmp_path / "t.json")
    assert (ended.returncode, "WHY403_DATA_DIR" in ended.stderr) == (2, True)


def test_status_tells_which_data_is_in_use_and_how_old_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(published(Mine_Read={"/only/mine": ""}))
    ask(tmp_path, "import", tmp_path / "t.json")
    status = json.loads(ask(tmp_path, "status", "--format", "json").stdout)
    first, second, third = status["tables"]
    assert (first["table"], first["age_days"], first["operations"]) == ("imported", 0, 1)
    assert (second["table"], second["service"], third["service"]) == ("built-in", "graph", "exchange")
    assert len(first["sha256"]) == 64
    shown = ask(tmp_path, "status").stdout
    assert ("imported" in shown, "0 days" in shown, "Seen to be wrong: 0 times" in shown) == (True, True, True)
    assert ask(tmp_path, "status", "--format", "md").stdout.startswith("| Service | Table |")


def test_damaged_data_is_named_and_the_built_in_table_answers(tmp_path: Path) -> None:
    (tmp_path / "graph-permissions.index").write_bytes(b"damaged")
    ended = ask(tmp_path, "check", "GET", "/me/messages", "--format", "json")
    assert json.loads(ended.stdout)["data"]["table"] == "built-in"
    assert "graph-permissions.index" in ended.stderr
    assert "graph-permissions.index" in ask(tmp_path, "status").stdout


def recorded(path: Path, *calls: tuple[str, str, int], token: str = USER, batch: object = None) -> Path:
    """A HAR file with these calls of Graph; with `batch` one $batch (requests, responses) as well."""
    entries = [har_entry(method, url, status, token) for method, url, status in calls]
    if batch is not None:
        asked, answered = json.loads(json.dumps(batch))
        entries.append(har_entry("POST", "/v1.0/$batch", 200, token, json.dumps(asked), json.dumps(answered)))
    log = {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}
    path.write_text(json.dumps({"log": log}), encoding="utf-8")
    with path.open("rb") as file:
        assert len([*read_har(file)]) == len(entries)
    return path


def har_entry(method: str, url: str, status: int, token: str, sent: str = "", came: str = "{}") -> dict[str, object]:
    message = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1, "bodySize": -1}
    request = {"method": method, "url": GRAPH + url, "queryString": [], **message}
    request["headers"] = [{"name": "Authorization", "value": f"Bearer {token}"}] if token else []
    if sent:
        request["postData"] = {"mimeType": "application/json", "text": sent}
    content = {"size": len(came), "mimeType": "application/json", "text": came}
    date = {"name": "Date", "value": "Sat, 21 Nov 2026 12:00:00 GMT"}
    response = {"status": status, "statusText": "", "content": content, "redirectURL": "", "headers": [date], **message}
    times = {"startedDateTime": "2026-11-21T12:00:00.000Z", "time": 1, "timings": {"send": 0, "wait": 1, "receive": 0}}
    return {"request": request, "response": response, "cache": {}, **times}


READER: Final = jwt({"aud": GRAPH, "scp": "User.Read Mail.Read Calendars.Read openid", "appid": APP_ID, "upn": "a@b.c"})


def test_the_least_set_of_a_recording_is_proven_by_its_matrix(tmp_path: Path) -> None:
    inner = [{"id": "1", "method": "GET", "url": "/me/contacts"}], [{"id": "1", "status": 200}]
    calls = (("GET", "/v1.0/me/messages", 200), ("GET", "/v1.0/me/messages?$skip=1", 200), ("GET", "/v1.0/x/y", 200))
    batch = {"requests": inner[0]}, {"responses": inner[1]}
    har = recorded(tmp_path / "r.har", *calls, token=READER, batch=batch)
    ended = ask(tmp_path, "minimal", har, "--format", "json")
    (found,) = json.loads(ended.stdout)["sets"]
    assert (found["scheme"], found["exact"]) == ("delegated-work", True)
    assert set(found["permissions"]) == {"Mail.ReadBasic", "Contacts.Read"}
    rows = {(row["method"], row["operation"]): (row["calls"], row["opened_by"]) for row in found["matrix"]}
    assert rows["GET", "/me/messages"] == (2, ["Mail.ReadBasic"])
    assert found["gaps"] == ["GET /me/contacts"]
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["unknown_operations"] == [{"operation": "GET /x/y", "calls": 1}]


def test_a_recording_the_tokens_were_enough_for_leaves_with_0(tmp_path: Path) -> None:
    har = recorded(tmp_path / "r.har", ("GET", "/v1.0/me/messages", 200), token=READER)
    ended = ask(tmp_path, "minimal", har, "--format", "md")
    assert (ended.returncode, ended.stdout.startswith("## ")) == (0, True)
    assert "Least set: Mail.ReadBasic" in ended.stdout


def test_what_was_held_and_not_needed_is_told(tmp_path: Path) -> None:
    har = recorded(tmp_path / "r.har", ("GET", "/v1.0/me", 200), ("GET", "/v1.0/me/messages", 200), token=READER)
    ended = ask(tmp_path, "excess", har, "--format", "json")
    (found,) = json.loads(ended.stdout)["apps"]
    assert (found["needed"], found["unused"]) == (["User.Read", "Mail.Read"], ["Calendars.Read"])
    assert (found["operations_seen"], found["operations_opened"]["Calendars.Read"] > 5) == (2, True)
    assert ended.returncode == 3
    assert "2 different operations seen" in ask(tmp_path, "excess", har).stdout


def test_calls_whose_token_was_taken_out_are_counted(tmp_path: Path) -> None:
    har = recorded(tmp_path / "r.har", ("GET", "/v1.0/me", 200), token="")
    ended = ask(tmp_path, "minimal", har)
    assert (ended.returncode, "Without a token that can be read: 1 call" in ended.stdout) == (0, True)


def test_a_success_the_data_calls_impossible_is_listed_and_weakens_it_from_then_on(tmp_path: Path) -> None:
    har = recorded(tmp_path / "r.har", ("GET", "/v1.0/me/messages", 200))
    ask(tmp_path, "excess", har)
    (doubt,) = json.loads(ask(tmp_path, "doubts", "--format", "json").stdout)
    assert (doubt["operation"], doubt["method"], doubt["held"]) == ("/me/messages", "GET", ["User.Read"])
    assert answer(tmp_path, "GET", "/me/messages", token=USER, code=3)["data"]["doubted"] is True
    assert "GET /me/messages" in ask(tmp_path, "doubts").stdout


def test_without_doubts_that_is_said(tmp_path: Path) -> None:
    assert ask(tmp_path, "doubts").stdout == "The data was not seen to be wrong.\n"


def test_a_recording_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.har").write_text("no")
    ended = ask(tmp_path, "minimal", tmp_path / "x.har")
    assert (ended.returncode, "x.har" in ended.stderr) == (2, True)


@pytest.mark.parametrize("verb", ["minimal", "excess"])
def test_a_failure_store_is_refused_because_it_holds_no_success(tmp_path: Path, verb: str) -> None:
    store = tmp_path / "failures.sqlite"
    store_all(str(store), record(1))
    har = recorded(tmp_path / "r.har", ("GET", "/v1.0/me", 200), token=READER)
    for named in (store, "postgresql://why403:not-shown@db.contoso.com/failures", "f-000000000001"):
        ended = ask(tmp_path, verb, har, named)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "it keeps refused calls only" in ended.stderr
        assert "why403 failures groups" in ended.stderr
        assert "not-shown" not in ended.stderr


def test_tables_are_checked_with_the_place_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("verified: 2026-11-21\nfoo: 1\n")
    ended = ask(tmp_path, "validate", tmp_path / "t.yaml")
    assert (ended.returncode, "t.yaml:2:1: foo: there is no such key" in ended.stderr) == (2, True)
    assert ask(tmp_path, "validate", tmp_path / "none.yaml").returncode == 2
    assert ask(tmp_path, "validate").stdout.count("verified") == 2


def test_the_missing_permission_is_named_by_explain(tmp_path: Path) -> None:
    refusal = json.dumps(
        {"error": {"code": "ErrorAccessDenied", "message": "Access is denied. Check credentials and try again."}}
    )
    entry = har_entry("GET", "/v1.0/me/messages", 403, USER, came=refusal)
    headers = entry["response"]
    assert isinstance(headers, dict)
    headers["headers"].append({"name": "request-id", "value": "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e22"})
    log = {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": [entry]}
    (tmp_path / "r.har").write_text(json.dumps({"log": log}), encoding="utf-8")
    ended = why403("explain", tmp_path / "r.har", "--format", "json", WHY403_DATA_DIR=str(tmp_path))
    (failure,) = json.loads(ended.stdout)["failures"]
    finding = failure["findings"][0]
    assert (finding["cause"], finding["certainty"]) == ("graph-permission-missing-delegated", "likely")
    assert "needs one of Mail.ReadBasic, Mail.Read" in finding["verdict"]
    assert "the token has User.Read" in finding["verdict"]
    commands = "\n".join(command for fix in finding["fix"] for command in fix["commands"])
    for tool in ("adminconsent", "New-MgOauth2PermissionGrant", "az ad app permission add", "azuread_"):
        assert tool in commands
    assert "Mail.ReadBasic" in commands
