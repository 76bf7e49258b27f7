"""What Microsoft 365 protocols are written in: parts of the names of properties, permissions, headers, products."""

from __future__ import annotations

from typing import Final

SERVICES: Final = frozenset(
    """
a aad aadb aadst aadsts aadstsnnnnn abandoned abandonment abuse acceleration acceptance acceptances accessasapp
accessasuser accessdenied accesspolicy accessrights accesstoken accordion acct accuracy achieved acl acls acquisition
acr acronym acronyms acrs acs acsl actionable activated activates activating activation activesync activities activity
actor actors ad adapters adcs adddelegate addressable addressing addressurl adfs adhoc adjoined adjustable adminapi
adminconsent administration administrator administrators admins admitter admitters adobe adsitename advertisement
advisory adware affinity age agenda agentic agents ages aggregate aggregated aggregation aggregations aggregator agree
agreement agreements ags agsfe aide akamai akamaighost aks album alerts aligns allcontacts allitems alphabetic
alphanumeric alsorequires alt alteration alternates altitude am amazon amazonaws ambitious amplify amr an analytics
analyzed anchormailbox anchors android anew anniversaries anniversary announced announcement annual anonymized
anonymizing answered answers anti antiforgery antispam antivirus anxious aol aosp apache apiconnectors apis appctx
appeal appearance appearing appid appidacr appids apple applewebkit appname appointment appointments apponly appproxy
approval approvals approve approved approver approvers apr april architectures archival archived archiveinbox
archiveitem archiveroot area areas arity arkose arm artefact article articles artifact artifacts as ases asks asmx asp
aspnet asproxy aspx aspxerrorpath asserted assess assessment assessments asset assets assignable assignee assigner
assigns assistance assistant assistants assistive association associations at atp attachment attacked attendance
attendant attended attendee attendees attestation attested attributed attribution attributions aud audience audiences
audit auditing auditlog audits aug august authcode authconfig authenticator authenticode autherror autherrors authflow
authn authored authorise authorised authorizationcode authorized authserver authz autodiscovery autofill automated
automation automations autonomous autopatch autopilot avaliable awards awed axes axis azfw azp azpacr azureadgroup
azurewebsites backdates backdoor backtracking backup badges badging badrequest balancer bale band banded bander
bandwidth bank banking banner banners barracuda barrier barriers baseline baselines batches be beat beats began
beginner behalf benign beserver beside besku bias billed billing binder bing bins biometric biometrics bios birth
bitlocker bitrate blaming blob blobs blog bluecoat bluetooth bnnnn board bookable booked booking bookings booklet
bookmark bookmarks books boot borders bot brain brand branding breach breaches breadth breakdown breakout bridge
bridging briefing broadcasts broader bronze brown browsable browse browsing bubble buckets budgets bulk bundler
bundles businesses button buttons by bypassed ca cae cafe calendars calendarview callee callout calm camera campaign
campaigns canary cancelation canceled canceling cancellations canvas capital capitalised captions card cards carried
carrier cartridge cas caserrorcode casmailbox casts casual catalog catalogs catalogue categorized cb cba cc ccrai cdn
cdp cdpdlmai ceilings cellular centres centric certainty certauth certification certifications certified chair
challenged challenging chamber charcoal chart charts chat chats chatter checkbox checkin checklist childfolders china
chinacloudapi chooses chrome ciamlogin cidr circle citation citations cited citrix civic claimsmappingpolicy clarity
classifcation classification classified classifier classify classroom clause clauses cleaner cleans clicked clicking
clientcredentials clientid clientsecret clip clipboard clipping clips clitelem clocked clockwise clogin clonable cloud
cloudflare cloudfront clsid cluster cmdlet cmdletinput cmdletname cmdlets cname cnf coachmark coachmarks coat cobit
cold collaborate collaboration collaborators collate collation colleagues comfortable commandments commenting commerce
commercial commitment comms communications communities community compacttoken companies company comparative complaint
complies comply composers compromised computers concealed concern conclusive concurrency condense conductor cone
conference conferencing confidence confident confidentialclient confirmation confirmations confirmed confirms
connectivity connectors consent consentable consented consenting consentrequired consents constrain consulted
consulting contacted contacts contextual contracts contribution contributor controversial conversation conversations
converse convertid cooling coop coordination coorganizer coorganizers copilot coppa copyitem cores corp corporate
corpus corrected correcting corrections correlate correlation correlationid correlations corrupt cortana costs
countdown counters countries country courier crashed crashes crates crawl crawler createattachment createfolder
createitem cred credit criteria criterion critically crossforest crossing crying cryptographic csrf ctenant ctry
culture curated currencies currency custodian custodians customer customers customised customizing cutter cutting daad
dag daily dap dashboard databases datacenter dateutil dav db dc deactivate deactivated dec december decisions declares
declaring decline declined decrease decrypt decryption defeats defender defense deferral degradation delays
delegatedwork delegation delegator deletable deleteattachment deleteditems deletefolder deleteitem deletions delisting
deliver delivering deltas demanded demands demo demonstrate denial denied denies denoted deny denylisted department
departments deploy deployed deployment deployments deprovision deputy deserializing desk desktop destinations
detections detector determination detonation devblogs devicecode deviceid diacritics diag diaginfo diagnose diagnosing
diagnosis diagnostic diagnostics dial dialable dialect dialects dialed dialer dialin dialing dialog dictation differed
dimming directed disablement disabler disablewam disagree disc disconnect discoverable discoverymailbox dismiss
dismissal dismissed displayname disposition distance dkim dlp dmarc dmca do dock doctype docu dod dom door dotnet
downloaded downloader downloading downloads dpis drafts drift drifted drifts driver drivers dropbox dropdown
droppedfiles dropper drying duplex durations duty dwa dword dynamics eas ease eastus echoed ecp ediscovery editable
edited editing edition editions editor edm edu education educational edureports eeee eg egress eight eightwone eire
elem elevated elevation eleven eligibility eligible eliminates emaildomain emails emergency emerging emission eml
emphasis employee employees emptyfolder emsmdb en enablement encapsulating encrypt endlessly enduser endusers
energized energy enforcement engage engaged engagement engineering enroll enrolled enrollment enrolment enterprise
entities entitled entitlement entourage entra enumerated enumeration enumname envelope envoy eop eq equates equipment
equipmentmailbox equivalences erase erasure errorcode errorurl escalation escrow escrowed escrows ese establishing
estate estimator ests estsfd ethernet euap eula europe evaluations eventc eventual everyday everyone evidence evolable
evolvable ews ewsallowlist ewsblocklist ewsenabled excel excellent excerpt exch exchangelib exchanges exclamation
exclusion exclusions excused excution exe exempt exempted exemption exemptions existent exo expanddl expedited expense
experiences experts expertsfor expiredtoken expiring explains exploit exploits explorer exportitems exposure
extensibility extern extruder fabric facebook facet facts faculty failover fairfax families fastly fatal fault
faultactor faultcode faults faultstring favicon favorite favorited favorites favour fax faxes fe featured feb february
federated federation feeds feefz feefzinfo feproxyinfo ferpa feserver fetchable fewest ffiec fic fido fifty filer
filesharing filestorage filler finance financial financials findconversation findfolder finditem findpeople finger
fingerprint finishings finra firewall firm firstname firstparty fisma flagged flare flash flavour flighting flip
flooder flyout focal focused foldershape followers followings followup footnote footprint footprints fope forbids
forcepoint forcerefresh foreign forest forests forged forgery forgot formerly fortinet forty forum foundation founded
foundry fourteen fourth fpc fqdn fraud freebusy frequent freshness fri friday frontend frontline fulfill fulfilled
fullaccess fullband fullcontrol functioning fuser gaap gallery game gaming gapp gate gateway gateways gave gcc gcch
gdap ge gecko gender generalized generations generically genre genres genuine geographic geography geolocation germany
getallsites getattachment getbyid getbyids getbyinternalnameortitle getbypath getbytitle getconversationitems
getdelegate getdomainsettings getevents getfederationinformation getfolder getinboxrules getitems getmailtips
getnonindexableitemdetails getpersona getroomlists getrooms getsearchablemailboxes getserviceconfiguration
getstreamingevents getuseravailability getuseroofsettings getusersettings getx giphy givenname glba glint glitch globe
gmt go goals gold google govern governance governed governing government governs gpo grade graded grades gradient
grading graduation granting grants granular graph grayscale greenwich grid gridlines grounding gsa gssapi gt gtm
guarded guardian guardians guest guests guid guidance guids hadn handoff haproxy harbor hardening hardware harness hcw
he headquarters heads health healthy heartbeat heating helpdesk hexception hibernate hipaa hips hire historic
historical histories hitrust hive hma hmac holes holo holographic homepage honour honours hops hosted hostile hosting
hotmail hotspot hotspots hourly href hresult hst htm httpapi httpver hub hubs hunting hybrid hygiene hyperlink
hyperlinks iat iccid icmp icon icons icontains id identifiable idp idrel idtyp ie ietf iexact if igmp iids iis
iisreset images imap imcontactlist imei immedietly imminent impacted impaired impending impersonate impersonated
impersonating impersonation impersonator impersonators imperva implicated importance imprinter in inability
inactivation inactivity inbox incapsula incident incidents incl inclusions inclusiveness indexability indexer
indicators indirect industry ineligible infected inferencing informed informs infos ingestion inheritable initialised
initiate initiation initiator initparams injection innererror inprogress inscope inserter insertions insider insight
insights insists installing instant instrumenting insufficent insufficiant insurance integrated integrations intel
intellectual intelligence intelx intense interactionrequired interactions interception interests interlock
intermediary intermittent internalerror internalsite interop interpreting interruption intranet intraorg intune
invalidclient invalidgrant invalidrequest invalidscope invented inventory investigated investigating investigation
invisible invitation invitations invite invited invitee invitees inviters invites invoice invokecommand ios iosi ip
ipad ipaddr iphone ips ipv irresolvable is isa isadmin isae isdn isenabled ishidden issuance issuers istio it itar
itemnotfound jailbroken jamf jan january jitter jobs joiner joins journal journaling jpg judged jul july jun june
junkemail jurisdiction justification jwe jwks jws jwt kaizala kb kdc kerberos keyid keying keylogger keyvault khtml
kid kingdom kiosk kql kubernetes labeled lacked laminate lan land landing landscape langauge lapsed laser lastname
lateral latitude launch launches layouts lcid ldapc le learner learning learnt leaver legend legs lens licence
licences licenses licensing lid lifetimes likelihood lime listeners listitems litigation lived liveid lobby locales
localfailures localisations locality localizable localization localizations locator lockbox lockdown locker lockout
loginrequired logo logon logout loki lone longitude lookalike loosen ls lt lync macintosh macoutlook mailboxes
mailcontact mailer mailfolders mailing mailnickname mails mailuser maintainer maker malicious malware malwares
manageasapp manageasappv managev manangement manifest manifests manufacturer manufactures manufacturing mapg mapi
mapper mar march margins markallitemsasread markasjunk markdown marketing masked masks mass mastered matcher material
materials mature mbnnnn mcafee mcas mda mdash mdatp mdm me median mediation medium meeting meetings meetnow meid
memberof membership memberships mention mentions menu mesh messaging metered meters mfa mfarule mgmt microsoft midcall
middlebox migrate migrated mileage minimization minors mins minute mip miracast mirid misconfig misconfigured
mishandled mismatches mispronounced misread mitigated mitigation mitm mitre mobilephone modal modalities modality
modeling modem moderate moderated moderation mon monday moniker monitoring monitors monotone monthly mopria motivated
motor moveitem movement mover movie movies mpn ms msa msauth msde msexch msexchuid msft msgfolderroot msgraph msi msol
msonline mstic mtls multicast multichoice multifactor multipage multiplayer multitenant multiterm multivalued
mutability mute muted mx my mycontacts namea nameb nameserver nameservers nanoproxy nat nation national nativeclient
navigating navigation nbf ncorrelation ndr ne neighbor nest netbios netblock netskope networks neutral news newsfeed
nfc nginx nic nickname nicknames nics nine no nodename noisy nonadmin noncompliant noncustodial nondelivery nonediting
nonresponsive north northeurope notallowed notebook notebooks notfound notification notifier notsupported nov november
nps nsg nspi nt nthe ntimestamp ntlm ntrace nuker nul nullable numbered oab oasis oath oauth oautheventcv objectid
objectids obo oboe observables obstructed ocsp oct october odata odsp oem of offboard offboarded offence offender
offering office officers offline offload oidc ok okta omissions on onboard onboarded onboarding onedrive onenote
online onmicrosoft onprem oof openid openillumi operational ops optical optimised optimistic or orderby org
organisation organisational organisations organizational organize organizer organizers orgs orientation orientations
os osint osp othermails otp outbound outbox outdated outlier outlook overdue overridables overviews overwhelmed owa
owaenabled ownedby ownerinfo ownerless owners owning pagers pagination paid pairing pairwise paloalto panel
parallelism parental parenthesised parked participant participants participate partition partly partner partners
passage passages passbook passcode passcodes passive passkey passthrough passwordless paste patents pathsets patterned
pauses payment pc pcma pcmu pdf peach peering peopleconnect pepf perforater perimeter perm permissionset perms
persisted persistence persona personal personalized personally personnel persuasive pfx phased phish phishing phone
phones phonetic photos php phrased phrases pickup picture pictures pilot pim pinned pins pipelines pitch pivot pixels
pkce pki plane planner plans platf pleasant plug pm png pod podcasts policykey policyname polids popularity popups
portability portal portrait postal posted poster postitem postpone postponed posts posture pound powered powershell
ppe pptx practically practiced practices praise preauthorization preauthorized precondition predicted predictive
preexisting preferences prem premise premises premium prepaid prerelease prerequisite prerequisites preschoolers
presences presentation presenter presenters presenting presents preset press prevention preview previews price
principalid principalname principals printers prioritized privacy privilege privileged privileges pro prod prodslices
producer profession professional professions profiles projection projects promotion prompted prompting pronouns
pronunciation propagation proportion proposal proposals propose proposed proprietary prospective protections protocal
prototype prove proven proves providers province provision provisioned provisioning proxied proximity prp pruned
pseudonymous psh pst pstn pta publication publications publicclient publisher publishing puid pulse purchase purchases
purdue purge purges purview pwd pytz qna qnas qr quad qualities quarantine quarantined queryable questions queueing
queues quickcontacts quota quotaexceeded quotas qword qwordlittle radio ram ramp rank ranked raop rapid rated
ratelimit ratelimited rating rbac rdp reaccept reachability reacquire reaction reactions reactivated reactivating
readbasic readiness readwrite realtime reasonless reassigned reauthenticate reauthentication reboot recalled receipt
receipts receivers receptacle recipients recognised recognises recognition recommendation recommendations reconnect
recordings recoverable recoverableitems recovering recovery rectification recur recurrence recurrences recycle redact
redeem redeemed redemption redirecturi rediscover redo redundancy referrer refinable refiners reflects reflexive
refreshes refreshtoken refusal refuses regeneration regional regions registerd registrant registrar registrations
regulations regulatory rehearsal rehydration reinforcement rel relabel relation relationships relaxed relay relevance
reliability remarking remarks remediate remediated remediation remembered remind reminder reminders remotemailbox
removable removedelegate renew renewal renewed reorderable repair repeating repetitions repetitive replica replies
replyurl repo reportedly repositories reprocessed reputation requestdenied requester requestid requestor requestors
rerun rerunning res rescan reschedule reseller resend reservable resetpassword resharing residence residency resident
resides resilience resistant resolvenames resolvers resourceappid respondent responder responseclass responsecode
responsive restapi restarted restarts restorable restoration restricts resuming retail retention retire retired
retirement retrievable retrieval retroactively returnurl reveals review reviewed reviewer reviewers reviews revocation
revoke revoked rhetorical ribbon ring ringer risky rms rng roadmap roaming roleinstance roles rollback rolled roller
rollout roommailbox rooms rooted ropc roster rotation rotator router rpc rps rsa rsc rst rstr rtc rtf rubicon rubric
rubrics ruleset rulesets runbook runspace runspaces saas safari sam saml sandbox sanitise sanitises sanitization
sanitizer sas sat saturday saver scaleunit scaling scalings scanner scans scc scheduler schedules schemekeys scopetype
scoping scored scores scoring scp screens screenshot screenshots sdk sdkversion sdservererr sealed seamless searchable
searchfolders searchmailboxes secondary secured securestring securing seeds seemingly selectability selecting
selections seller sendas sendasapp senders senditem sensitivity sensor sensors sentence sentitems separates separation
september serverinfo serviceplan serviceplans servname settles setuseroofsettings seven severe severity sfb
sharedmailbox sharepoint sharer sheet shield shifts shortcuts shortened shortnotes shorts siblings sid sided
sideloaded sideloading sids signaling signer signin signins signout signup silver similarity simualation simulation
simulations singapore siri sis sister sites sits sixteen skeptical skew skill skills skis sku skus skype sla slicea
slicec slices slitter smart smartlocker smb smime snapshots snooze snr so soap soapenv social solutions solved solves
sonicwall sophos sorry sounds south southeastasia sovereign spa spark speak speaker speech spelled spellings spn spns
spo spoken sponsor sponsors spool spooler spot spotlight sprequestguid sprint spx spyware sql squid srs srv ssae ssn
sso sspi sspr stacker stackoverflow stacktrace staff staged stages stamp standby stands staple stapler startswith
statuses steady stealer stealth steel stepup stickers sticky stitch stitcher strategic strength strengths struck sts
studio stun subcategories subcategory subcode subdivision suberror subfilter subfolder subfolders subjects sublabels
submission submissions submitter submitting subnet subpoint subpoints subprovider subscribe subscribed subscriber
subscriptions subsections substatus substrate subunit suffice suffixed suggestion suggestions sun sunday sunny
superseded superuser supervised supervision supervisory suppresses suppression surface surfaced surfaces surname
surnames surprise surprised suspend suspended suspicious svc sversion swaps sway switcher switzerland symantec
symmetric symptom synced syncfolderhierarchy syncfolderitems synchronise synchronised synchronization synchronize
synchronized synchronizing syncing syncissues syndicate synthetic syrinx systemmailbox tagging tailored takeover
tallying tamper targetaddress targeting targetted taskbar taught team teamify teams teamwork techcommunity technet
technical technician techniques telecom telemetry telephone telephones television telex telnet temperature temporal
tenancy tenantid tenantless tenantname tenatively tentative tentatively termination territory tertiary tethering tfp
thank thecodein theft thermistor thinking thirdparty thirty threat threats throttle throttled throttling thu thumbnail
thumbnails thumbprint thursday ticket ticketing ticketingrule tid tier ties tile timedout timeline tips titles tmg to
todosearch toggle toggles tokenissuedat tokenlifetimepolicy tolerance tolerated toll tone toner tones tooling tooltip
topics totals touches touchscreen townhall townhalls tpm trackers tradecraft traefik trail trainable training
trainings transcript transcription transcripts transferor transferred transferring transforming transient transitive
translator tray trending trial trim trimmer trojan troubleshooting trpid trunk trustee trusting trv tsv ttytdd tube
tue tuesday tutorial twelve twenty twin twitter txt typo ua udid udp ui umbrella unaffected unarchive unarchived
unassigned unauthorised unauthorized unauthorizedclient unbilled unblock uncategorized uncheck unclassified uncs
undecrypted undeliverable underline understood unenroll unenrolled unexpired unexplained unfamiliar unhealthy unicast
unified unifiedgroup unindexed uninstall uninstalled united unknownerror unlicensed unlocked unmanaged unmute
unparseable unpinned unpinning unprompted unprotect unprotected unprovisioned unpublished unreadable unrecoverable
unregistered unremediated unresolvable unresolved unresponsive unrestricted unseen unsubmitted unsubscribe unsubsribed
unsuccessful unsuccessfully unverified unwanted up updatedelegate updatefolder updateinboxrules updateitem updater
upgraded uploadable uploaded uploading uploaditems upn upns upvote urbac urgent uris urlencoded urn us usability usb
useless usercode userid userids userless usermailbox usernotfound usertype usg usgov usr ustr utc uti util utilization
utterance uuids validatetoken valuable valued vanity varnish vault vdir vendor ver verbatim verdict verifiable
verifications verifiedid verifier verifying versioning vfam video videos viewable viewed viewer viewers viewonly
viewpoint violator violence vip virus visibility visio visual visualization visualize viva vlan vlans vm vms vnd
vocabulary voice voicemail voip volume vpn vs vulnerability waf waitlist waitlisted walkthrough wallpaper wam wap
warming watched watchguard watching watermark wcf wdatp we weakness webauthn webclient webhook webhooks webinar
webinars webmail webpage webparts website websites wed wednesday weekdays weekend weekly wef wellknown westeurope
westus wheel whiteboard whois widen wids wifi wikis winrm wipe wiped wired wireless wizard wording workbook workflow
workflows workforce workloads workplace worksheet worksheets workspace workspaces workstation worlds worldwide worm
wrist writeback wsdl wsfed wsman wss wsse wssecurity wst wsu xls xmlsoap xms xrm xrtvc xsd xsi xss yammer yearly
yielder yomi young zonal zones zoom zscaler
""".split()
)
"""Lower case, letters only; names such as `userPrincipalName` are judged part by part."""
