"""The lab's own face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.clients import GRAPH, LabClient

if TYPE_CHECKING:
    from proxy_addons.lab import Lab

CONTROL = "https://localhost"


def test_the_directory_holds_what_a_person_needs_to_sign_in(lab: Lab, client: LabClient) -> None:
    content = client.get(f"{CONTROL}/directory").json()
    apps = {each["name"]: each for each in content["apps"]}
    assert apps["mail-daemon"]["secret"] == lab.app("mail-daemon").secret
    assert content["tenants"]["contoso"] == lab.tenant_id
    assert {"adele@contoso.com", "boardroom@contoso.com"} <= {each["address"] for each in content["accounts"]}


def test_a_switch_is_changed_and_shown(lab: Lab, client: LabClient) -> None:
    changed = client.patch(f"{CONTROL}/tenant", json={"ews_enabled": False, "ews_block_list": ["a*"]}).json()
    assert (changed["ews_enabled"], changed["ews_block_list"]) == (False, ["a*"])
    assert lab.tenant.switches.ews_enabled is False
    assert client.get(f"{CONTROL}/tenant").json() == changed


def test_a_change_keeps_the_other_switches(lab: Lab, client: LabClient) -> None:
    client.patch(f"{CONTROL}/tenant", json={"ews_enabled": False})
    client.patch(f"{CONTROL}/tenant", json={"location_blocked": True})
    assert (lab.tenant.switches.ews_enabled, lab.tenant.switches.location_blocked) == (False, True)


def test_everything_goes_back_to_its_default(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_enabled=False)
    assert client.delete(f"{CONTROL}/tenant").json()["ews_enabled"] is True


def test_an_unknown_switch_is_named_with_those_there_are(client: LabClient) -> None:
    response = client.patch(f"{CONTROL}/tenant", json={"ews_enabeld": False})
    assert response.status_code == 400
    assert response.json()["error"].startswith("no such switch: ews_enabeld; there are app_access_policy,")


def test_a_value_of_the_wrong_type_is_named(client: LabClient) -> None:
    response = client.patch(f"{CONTROL}/tenant", json={"ews_policy": "Sometimes"})
    assert response.status_code == 400
    assert response.json()["error"].startswith("ews_policy: ")


def test_a_body_that_is_no_json_object_changes_nothing_and_says_so(client: LabClient) -> None:
    for content in ("", "ews_enabled=false", "[]"):
        response = client.patch(f"{CONTROL}/tenant", content=content)
        assert response.status_code == 400
        assert response.json()["error"].startswith("nothing to change: send a JSON object")


def test_a_wrong_route_lists_the_routes(client: LabClient) -> None:
    response = client.put(f"{CONTROL}/tenant")
    assert response.status_code == 404
    assert "PATCH" in response.json()["error"]


def test_a_device_code_nobody_asked_for_is_refused(client: LabClient) -> None:
    response = client.post(f"{CONTROL}/device", json={"user_code": "X", "account": "adele@contoso.com"})
    assert (response.status_code, response.json()["error"]) == (400, "no device sign-in waits for the code 'X'")


def test_a_device_code_for_nobody_is_refused(client: LabClient) -> None:
    response = client.post(f"{CONTROL}/device", json={"user_code": "X", "account": "nobody@contoso.com"})
    assert response.json()["error"] == "no account 'nobody@contoso.com' in the lab"


def test_a_middlebox_does_not_lock_the_owner_out(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(middlebox="squid")
    assert client.get(f"{GRAPH}/v1.0/users").status_code == 403
    assert client.delete(f"{CONTROL}/tenant").status_code == 200


def test_microsofts_hosts_have_no_control_face(client: LabClient) -> None:
    assert client.patch(f"{GRAPH}/tenant", json={"ews_enabled": False}).status_code == 401
