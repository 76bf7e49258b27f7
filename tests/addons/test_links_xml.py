from proxy_addons.addons.links_inside import Inside
from proxy_addons.addons.links_members import XmlLinks, link_members
from proxy_addons.addons.links_xml import XmlLinkStream

INSIDE = Inside("https://localhost:8403", {"outlook.office365.com"})
EWS = b"https://outlook.office365.com/EWS/Exchange.asmx"
EWS_INSIDE = b"https://localhost:8403/outlook.office365.com/EWS/Exchange.asmx"


def rewritten(body: bytes, size: int = 0) -> bytes:
    links = link_members("outlook.office365.com", "/autodiscover/autodiscover.xml", 200, "text/xml; charset=utf-8")
    assert isinstance(links, XmlLinks)
    stream = XmlLinkStream(links, INSIDE)
    step = size or len(body) or 1
    return b"".join(stream(body[start : start + step]) for start in range(0, len(body), step)) + stream(b"")


def test_the_addresses_of_plain_old_xml_lead_through_here() -> None:
    body = b"<Protocol><EwsUrl>\n  %b</EwsUrl><OABUrl/><ASUrl a='>'>%b?x&amp;y</ASUrl></Protocol>"
    assert rewritten(body % (EWS, EWS)) == body % (EWS_INSIDE, EWS_INSIDE)


def test_a_redirect_of_soap_leads_through_here_and_one_to_an_address_of_a_person_stays() -> None:
    body = b"<a:RedirectTarget>%b</a:RedirectTarget><a:RedirectTarget>ada@contoso.com</a:RedirectTarget>"
    assert rewritten(body % EWS) == body % EWS_INSIDE


def test_a_setting_of_soap_is_rewritten_by_its_name() -> None:
    body = (
        b"<UserSetting i:type='StringSetting'><Name>ExternalEwsUrl</Name><Value>%b</Value></UserSetting>"
        b"<UserSetting><Name>UserDisplayName</Name><Value>%b</Value></UserSetting>"
    )
    assert rewritten(body % (EWS, EWS)) == body % (EWS_INSIDE, EWS)


def test_comments_cdata_and_other_elements_are_never_touched() -> None:
    body = (
        b"<?xml version='1.0'?><!-- <EwsUrl>%b</EwsUrl> --><DisplayName>%b</DisplayName>"
        b"<EwsUrl><![CDATA[<EwsUrl>%b</EwsUrl>]]></EwsUrl><X a='%b'>%b</X><EwsUrl></EwsUrl>%b"
    ) % ((EWS,) * 6)
    assert rewritten(body) == body


def test_wherever_a_body_is_cut_into_pieces_the_outcome_is_the_same() -> None:
    body = (
        b"<?xml version='1.0'?><!-- > --><A b=\"<EwsUrl>\"><EwsUrl>%b</EwsUrl><Name>InternalEwsUrl</Name>"
        b"<Value> %b </Value><ASUrl>" + b"x" * 500 + b"</ASUrl></A>"
    ) % (EWS, EWS)
    whole = rewritten(body)
    assert whole.count(EWS_INSIDE) == 2
    assert {rewritten(body, size) for size in range(1, 90)} == {whole}


def test_markup_that_never_ends_is_passed_on() -> None:
    body = b"<EwsUrl>" + EWS + b"</EwsUrl><!-- " + b"x" * 200_000 + EWS
    assert rewritten(body, 5000) == b"<EwsUrl>" + EWS_INSIDE + body[len(b"<EwsUrl>" + EWS) :]
