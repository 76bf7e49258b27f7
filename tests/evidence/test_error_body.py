from __future__ import annotations

import json

import pytest

from proxy_addons.evidence.error_body import ServiceError, body_kind, read_error
from proxy_addons.evidence.exchange import Body
from tests.support.wire import as_json


def _read(value: object) -> ServiceError:
    return read_error(Body(as_json(value)))


def _graph(code: object, message: object, **more: object) -> ServiceError:
    return _read({"error": {"code": code, "message": message, **more}})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, "not-captured"),
        (b"", "empty"),
        (b"\0" * 470, "nul"),
        (b'{"a": 1}', "json"),
        (b" [1]\r\n", "json"),
        (b'{"a": 1}\0\0\0', "json"),
        (b'{"a": ', "text"),
        (b"<!DOCTYPE HTML><p>", "html"),
        (b"\n<html>", "html"),
        (b"<?xml version='1.0'?><a/>", "xml"),
        (b"Access denied", "text"),
        ("<html>".encode("utf-16"), "html"),
    ],
)
def test_a_body_is_told_by_its_bytes_and_not_by_its_label(content: bytes | None, kind: str) -> None:
    assert body_kind(Body(content)) == kind


def test_json_that_was_cut_off_is_still_json() -> None:
    assert body_kind(Body(b'{"error": {"co', truncated=True)) == "json"


def test_a_graph_error_has_code_and_message() -> None:
    error = _graph("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    assert (error.dialect, error.code, error.message) == (
        "graph",
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    )


def test_zero_bytes_behind_an_error_do_not_hide_it() -> None:
    assert read_error(Body(as_json({"error": {"code": "Forbidden"}}) + b"\0" * 9)).code == "Forbidden"


def test_the_innermost_real_code_is_the_most_specific() -> None:
    error = _graph("Forbidden", "No.", innererror={"code": "accessRestricted", "innerError": {"code": "UnknownError"}})
    assert (error.code, error.outer_code, error.codes) == (
        "accessRestricted",
        "Forbidden",
        ("Forbidden", "accessRestricted", "UnknownError"),
    )


@pytest.mark.parametrize("spelling", ["innerError", "innererror", "InnerException"])
def test_inner_errors_are_found_in_every_spelling(spelling: str) -> None:
    assert _graph("", "", **{spelling: {"code": "Real"}}).code == "Real"


def test_a_bare_number_inside_does_not_replace_a_word_outside() -> None:
    assert _graph("Forbidden", "No.", innerError={"code": "1"}).code == "Forbidden"


def test_a_number_that_is_the_only_code_is_the_code() -> None:
    assert _graph(40001, "The request does not contain a valid authentication token.").code == "40001"


def test_an_empty_code_stays_empty() -> None:
    error = _graph("", "Attempted to perform an unauthorized operation.")
    assert (error.dialect, error.code, error.message) == (
        "graph",
        "",
        "Attempted to perform an unauthorized operation.",
    )


@pytest.mark.parametrize(
    ("packed", "code", "message"),
    [
        ({"errorCode": "PermissionScopeNotGranted", "message": "Missing."}, "PermissionScopeNotGranted", "Missing."),
        ({"ErrorCode": "Denied", "Message": "No."}, "Denied", "No."),
        (
            {"error": {"code": "S2SUnauthorized", "message": "Invalid permission."}},
            "S2SUnauthorized",
            "Invalid permission.",
        ),
        ({"code": "Forbidden", "message": "Access Denied.", "action": "x"}, "Forbidden", "Access Denied."),
        (
            {"_version": 3, "Message": "Application is not authorized."},
            "UnknownError",
            "Application is not authorized.",
        ),
        ({"error": "invalid_grant", "error_description": "AADSTS50076: more"}, "invalid_grant", "AADSTS50076: more"),
    ],
)
def test_an_error_packed_into_the_message_is_unpacked(packed: object, code: str, message: str) -> None:
    error = _graph("UnknownError", json.dumps(packed))
    assert (error.dialect, error.code, error.message) == ("graph-nested", code, message)


def test_a_message_that_only_looks_packed_stays_a_message() -> None:
    assert _graph("Forbidden", "{0} is not allowed").message == "{0} is not allowed"


def test_a_page_inside_the_message_stays_as_it_is() -> None:
    page = "<!DOCTYPE HTML><html>403 Forbidden Microsoft-Azure-Application-Gateway/v2</html>"
    assert _graph("UnknownError", page).message == page


def test_a_placeholder_with_nothing_inside_is_kept_as_the_code() -> None:
    error = _graph("UnknownError", "")
    assert (error.code, error.message) == ("UnknownError", "")


def test_an_exchange_admin_error_is_told_by_its_type() -> None:
    inner = {"message": "…", "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"}
    error = _graph("Unauthorized", "User is not allowed to call Get-Mailbox", innererror=inner)
    assert (error.dialect, error.code) == ("admin", "Unauthorized")


@pytest.mark.parametrize("inner", [{"type": 7}, {"type": "System.Exception"}, "text"])
def test_other_inner_types_leave_it_a_graph_error(inner: object) -> None:
    assert _graph("Unauthorized", "No.", innererror=inner).dialect == "graph"


def test_the_old_directory_graph_wraps_its_message_in_an_object() -> None:
    error = _read({"odata.error": {"code": "Authentication_Unauthorized", "message": {"lang": "en", "value": "No."}}})
    assert (error.dialect, error.code, error.message) == ("odata-legacy", "Authentication_Unauthorized", "No.")


@pytest.mark.parametrize(
    ("body", "code"),
    [({"Message": "Authorization has been denied."}, ""), ({"errorCode": "E1", "message": "No."}, "E1")],
)
def test_a_bare_message_is_an_error_as_well(body: object, code: str) -> None:
    error = _read(body)
    assert (error.dialect, error.code) == ("rest", code)


@pytest.mark.parametrize("body", [{}, {"value": []}, [], 7, {"error": None}, {"message": {"x": 1}}])
def test_json_that_speaks_of_no_error_is_none(body: object) -> None:
    assert _read(body) == ServiceError()


@pytest.mark.parametrize("content", [None, b"", b"\0\0", b"<html></html>", b"plain", b"[" * 100_000, b'{"error":'])
def test_a_body_without_an_error_is_none(content: bytes | None) -> None:
    assert read_error(Body(content)) == ServiceError()


def test_an_entra_error_is_read_whole() -> None:
    error = _read(
        {
            "error": "invalid_grant",
            "error_description": "AADSTS50079: Enroll.",
            "error_codes": [50079],
            "suberror": "basic_action",
            "claims": '{"access_token":{}}',
        }
    )
    assert (error.dialect, error.code, error.aadsts, error.suberror, error.claims) == (
        "entra",
        "invalid_grant",
        50079,
        "basic_action",
        '{"access_token":{}}',
    )
    assert error.description == error.message == "AADSTS50079: Enroll."


@pytest.mark.parametrize(
    ("listed", "description", "number"),
    [
        ([7000215, 50076], "AADSTS1", 7000215),
        ([], "AADSTS7000229: The client application", 7000229),
        (None, "no number", None),
        ("50076", "", None),
        ([True, "50076", 10**400, 0], "AADSTS50058 and AADSTS50076", 50058),
        (None, "AADSTS123456789012", None),
    ],
)
def test_the_number_is_the_first_listed_or_else_the_first_written(
    listed: object, description: str, number: int | None
) -> None:
    assert _read({"error": "x", "error_description": description, "error_codes": listed}).aadsts == number


def test_an_entra_number_inside_a_graph_message_is_read() -> None:
    assert _graph("AuthenticationError", "AADSTS500014: The service principal is disabled.").aadsts == 500014


@pytest.mark.parametrize("value", [None, ["x"], {"value": ["x"]}, {}])
def test_a_message_of_the_wrong_kind_is_no_message(value: object) -> None:
    assert _graph("Forbidden", value).message == ""


def test_errors_nested_beyond_reason_are_read_as_far_as_reason_goes() -> None:
    error: dict[str, object] = {"code": "Innermost"}
    for number in range(40, 0, -1):
        error = {"code": f"Level{number}", "innerError": error}
    assert _read({"error": error}).code == "Level8"


def test_a_soap_fault_is_read() -> None:
    fault = (
        b"<s:Envelope><s:Body><s:Fault><faultcode>a:ErrorImpersonateUserDenied</faultcode><faultstring>No.</faultstring>"
        b"</s:Fault></s:Body></s:Envelope>"
    )
    error = read_error(Body(fault))
    assert (error.dialect, error.code, error.fault_code) == (
        "soap",
        "ErrorImpersonateUserDenied",
        "ErrorImpersonateUserDenied",
    )


def test_a_failed_response_message_is_read() -> None:
    answer = (
        b'<s:Envelope><s:Body><m:X ResponseClass="Error"><m:MessageText>No.</m:MessageText>'
        b"<m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:X></s:Body></s:Envelope>"
    )
    error = read_error(Body(answer))
    assert (error.dialect, error.code, error.codes) == ("ews-response", "ErrorAccessDenied", ("ErrorAccessDenied",))


def test_permissions_the_service_prints_come_with_the_error() -> None:
    error = _graph("Forbidden", "API requires one of 'Chat.Read, Chat.ReadBasic'. Roles on the request ''.")
    assert (error.required, error.held, error.held_printed) == (("Chat.Read", "Chat.ReadBasic"), (), True)


def test_an_error_that_prints_none_holds_none() -> None:
    error = _graph("Forbidden", "No.")
    assert (error.required, error.held, error.held_printed, ServiceError().outer_code) == ((), (), False, "")


def test_what_a_cmdlet_reports_in_its_details_is_the_message() -> None:
    told = "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|Couldn't be found."
    error = _graph("NotFound", "Error executing request. ", details=[{"code": "Context", "message": told}, 7])
    assert (error.code, error.message, error.outer_message) == ("NotFound", told, "Error executing request. ")


def test_remarks_of_other_services_about_parameters_are_not() -> None:
    assert _graph("BadRequest", "Invalid.", details=[{"message": "Property x is unknown."}]).message == "Invalid."
