"""English of error messages and manuals: words that tell nothing about anybody.

Personal names, places, languages, family, health, money and body are left out on purpose: such a word in free text is
masked, at the price of an adjective now and then.
"""

from __future__ import annotations

from typing import Final

PROSE: Final = frozenset(
    """
abbreviated abbreviation ability able abort aborted aborts about above abs absence absent absolute abstract
abstraction accept acceptable accepted accepting accepts access accessed accesses accessible accessing accessor
accidental accidentally according accordingly account accounts accumulate accumulated accurate accurately achieve
acknowledged acquire acquired acquires acquiring across act action actions activate active actively acts actual
actually adapt adapted adapter add added adding addition additional additionally additions addon addons addr address
addresses adds adjacent adjust adjusted adjusting admin administrative admonition advance advanced advancing advantage
advertise advertised advertising affect affected affecting affects after afterwards again against agent agreed agrees
ahead aid aka alert algorithm algorithms alias aliased aliases align aligned alignment alive all allocate allocated
allocation allow allowable allowed allowing allows almost alone along alpha alphabet alphabetically already also alter
altered alternate alternating alternative alternatively alternatives although always ambiguity ambiguous among amount
analysis analyze ancestor ancestors anchor and animation annotate annotated annotation annotations anonymous another
ansi answer any anymore anyone anything anyway anywhere apart api app apparently appear appears append appended
appending appends applicable application applications applied applies apply applying approach appropriate
appropriately approximate approximation apps arbitrarily arbitrary architecture archive archives are aren arg argparse
args argument arguments argv arithmetic around array arrays arrive arrives arrow ascending ascii ask asked asking
aspects assembled assert assertion assertions assign assigned assigning assignment assignments associate associated
assume assumed assumes assuming assumption assumptions ast asymmetric async asynchronous asynchronously asyncio atexit
atomic atomically attach attached attaching attachments attack attacker attacks attempt attempted attempting attempts
attr attribute attributes attrs audio augmented auth authenticate authenticated authenticates authenticating
authentication author authoritative authorities authority authorization authorize authors auto autoclass autodiscover
automatic automatically auxiliary availability available average avoid avoided avoiding avoids await awaitable awaited
awaiting aware away azure back backcompat backed backend backends background backing backoff backport backslash
backslashes backslashreplace backward backwards bad badly bail balance balancing bare base based basename bases basic
basically basis batch bearer became because become becomes becoming been before beforehand begin beginning begins
behave behaves behavior behaviors behaviour behind being believe belong belonging belongs below benefit benefits
besides best beta better between beyond bidirectional big bin binary binascii bind binding bindings binds bit bitmap
bits bitwise black blank blanks blindly block blocked blocking blocks blocksize blue blueprint blueprints bodies body
bogus bold book bool boolean booleans bootstrap border borrowed both bother bottom bound boundaries boundary bounded
bounds box bracket brackets branch branches branching break breaking breakpoint breaks brevity brief bright broad
broadcast broken broker browser browsers budget buffer buffered buffering buffers bufsize bug bugs build building
builds built builtin builtins bump bundle business busy but bypass bypasses byte bytearray bytecode bytes bytestring
bytestrings cache cached caches caching calculate calculated calculating calculation calendar call callable callables
callback callbacks called caller callers calling calls came can cancel cancellation cancelled cancelling candidates
cannot canonical cap capabilities capability capable capacity capitalized caption capture captured captures capturing
care careful carefully carriage carries carry carrying case cases cast casting catch catches catching categories
category caught cause caused causes causing caution cell cells center centered central cert certain certainly certfile
certificate certificates certs cgi chain chained chaining chains challenge challenges chance change changed changekey
changes changing channel channels char character characters charge chars charset charsets chdir cheap cheaper check
checked checker checkers checking checkpoint checks checksum children chmod choice choices choose choosing chop chosen
chunk chunked chunks cipher ciphers circular circumstances claim claims clamp clash class classes classic classmethod
classmethods clean cleaned cleaning cleanly cleanup clear cleared clearly clears clever cli click client clients clock
clone close closed closely closer closes closest closing closure clouds cls cmd code codec codecs coded codepoint
codepoints codes coding coerce coerced coercion col collapse collapsed collect collected collecting collection
collections collector collectors collects collision collisions colon colons color colors column columns com
combination combinations combine combined combining come comes coming comma command commands commas comment commented
comments commit committed common commonly communicate communication compact comparable compare compared compares
comparing comparison comparisons compat compatibility compatible compilation compile compiled compiler compiles
compiling complain complains complete completed completely completes completion completions complex complexity
compliance compliant complicated component components compose composite compound comprehension comprehensive compress
compressed compression compresslevel compressor compromise computation computations compute computed computer
computing concatenate concatenated concatenation concept conceptually concerned concrete concurrent concurrently
condition conditional conditions config configurable configuration configurations configure configured configuring
confirm conflict conflicting conflicts conform conforming conforms conftest confuse confused confusing confusion
conjunction conn connect connected connecting connection connections connector connects consecutive consequence
conservative consider considered considering considers consist consistency consistent consistently consisting consists
console const constant constants constrained constraint constraints construct constructed constructing construction
constructor constructors constructs consume consumed consumer consumers consumes consuming consumption contact contain
contained container containers containing contains content contents context contextmanager contexts contextvars
contiguous continuation continuations continue continued continues continuous contract contrarily contrast contribute
contributed contributors control controlled controller controlling controls convenience convenient convention
conventions conversion conversions convert converted converter converters converting converts cookie cookies
coordinates cope copied copies copy copying copyright core corner coro coroutine coroutines correct correction
correctly correctness correspond corresponding corresponds cost could couldn count counted counter counterpart
counting counts couple course courtesy covariant cover coverage covered covering covers cpython craft crash create
created creates creating creation creator credential credentials critical crop cross crucial crude cryptography ctx
cumulative current currently cursor custom customization customize customized cut cycle cycles cyclic daemon dashes
data database dataclass dataclasses datagram datagrams date dates datetime datetimes day daylight days deadline deal
dealing deals debug debugged debugger debugging decide decided decides deciding decimal decision declaration
declarations declare declared decode decoded decoder decodes decoding decompress decompressed decompression
decompressor decorate decorated decorator decorators dedent dedicated deemed deep deepcopy deeply def default
defaulted defaulting defaults defensive defer deferred defers define defined defines defining definitely definition
definitions deflate del delay delayed delegate delegated delegates delete deleted deletes deleting deletion
deliberately delim delimited delimiter delimiters delivered delivery delta demand denominator denominators denotes
denoting depend dependencies dependency dependent depending depends deprecated deprecation depth deque derive derived
derives descendants descending describe described describes describing description descriptions descriptive descriptor
descriptors deserialization deserialize deserialized design designated designed desirable desired despite dest
destination destroyed detached detail detailed details detect detected detecting detection detects determine
determined determines determining deterministic dev developed developer developers development deviation device
devices diagram dict dictionaries dictionary dicts did didn diff differ difference differences different differentiate
differently differs difficult difflib digest digests digit digits dimension dimensions dir direct direction directions
directive directives directly directories directory dirname dirs dis disable disabled disables disabling disallow
disallowed disallows disappeared discard discarded discarding discards disconnected disconnects discouraged discover
discovered discovery discriminator discussion disk dispatch dispatched dispatching display displayed displaying
displays dist distinct distinction distinguish distinguished distribute distributed distribution distributions
distutils ditto div divide divided division django dns dnspython doc docs docstring docstrings doctest document
documentation documented documents does doesn doing domain domains don done dot dots dotted double doubling down
download downside downstream draft drain drained drains draw drawing drawn draws drive driven drives drop dropped
drops dual duck due dumb dummy dump dumped dumps dunder duplicate duplicated duplicates duplication duration during
dynamic dynamically each eager eagerly earlier early easier easiest easily east easy eat echo edge edit effect
effective effectively effects efficiency efficient efficiently effort eggs either elapsed elegant element elements
elif eliminate eliminating ellipsis else elsewhere email embedded emit emits emitted emitting emoji empty emulate
emulated emulation enable enabled enables enabling enclosed enclosing encode encoded encoder encoders encodes encoding
encodings encounter encountered encounters encourage encrypted encryption end ended endian ending endings endpoint
endpoints ends enforce enforced enforces engine enhanced enough ensure ensures ensuring entails enter entered entering
enters entire entirely entity entries entropy entry enum enumerate enums env environ environment environments eof
ephemeral epoch equal equality equally equals equivalent equivalently equivalents err errno error errors escape
escaped escapes escaping especially essential essentially establish established estimate estimated etag etc eval
evaluate evaluated evaluates evaluating evaluation even event events eventually ever every everything everywhere exact
exactly examine examined example examples exc exceed exceeded exceeds except exception exceptions excess exchange
exclude excluded excludes excluding exclusive exclusively exec executable execute executed executes executing
execution executor exemplar exhausted exhaustive exist existence existing exists exit exited exiting exits exotic exp
expand expanded expands expansion expect expected expecting expects expensive experience experimental expiration
expire expired expires expiry explain explained explanation explicit explicitly explore exponent exponential exponents
export exported exports expose exposed exposes exposing expr express expressed expression expressions ext extend
extended extending extends extensible extension extensions extent external externally extra extract extracted
extracting extraction extracts extras extreme extremely face facility fact factor factories factors factory fail
failed failing fails failure failures fair fairly faithfully fake fall fallback falling falls false familiar family
far fashion fast faster fastest favor feature features fed fee feed feedback fetch fetched fetching few fewer field
fields fifo figure file filename filenames fileno fileobj filepath files filesystem filesystems fill filled filling
fills filter filtered filtering filters final finalize finalized finalizer finalizers finally find finder finding
finds fine finish finished finishes finishing finite fire fired fires first fit fits five fix fixed fixes fixture
fixtures fixup flag flags flaky flask flat flattened flexibility flexible float floating floats floor flow flows flush
flushed flushes fnmatch focus fold folded folder folders folding follow followed following follows font footer for
forbid forbidden force forced forces forcing foreground forever forget fork forked form format formats formatted
formatter formatters formatting formed former forms formula forth forward forwarded forwarding found four fraction
fractional fractions fragment fragments frame frames framework frameworks framing free freed freely freeze frequency
frequently fresh freshly friendly friends from front frozen frozenset frozensets fstat full fullname fully func
funcname function functional functionality functions functools furnished further future fuzzing gain gap garbage
gather gen general generally generate generated generates generating generation generator generators generic generics
geometric get getaddrinfo getattr getitem gets getter gettext getting git give given gives giving glibc glob global
globally globalns globals glue gmail goal goes going gone good got gotten grab grammar grant granted great greater
greatest greedy green greeting grey group grouped grouping groups grow grows guarantee guaranteed guarantees guard
guards guess guessed guessing guide guides gzip hack had half hand handed handing handle handled handler handlers
handles handling handshake handy hang hanging happen happened happening happens hard hardcoded harder harmless has
hasattr hash hashable hashes hashing hashlib hasn have haven having header headers heading heap heavily height held
hello help helper helpers helpful helps hence here hereby heuristic heuristics hex hexadecimal hidden hide hides
hiding hierarchy high higher highest highlight highlighted highlighter highlighting highly hint hints historically
history hit hits hitting hold holding holds home honored hook hooks hope hopefully horizontal host hostname hostnames
hosts hour hours how however html http httplib https httpx huge human hyphen hyphens hypothesis idea ideal ideally
idempotent identical identification identified identifier identifiers identifies identify identifying identities
identity idle ids iff ignore ignored ignores ignoring illegal image imaginary immediate immediately immutable imp
impact impedance implement implementation implementations implemented implementing implements implicit implicitly
implied implies imply import importable important imported importing importlib imports impose impossible improve
improved improvement improvements inactive inbound include included includes including inclusion inclusive incoming
incompatible incomplete inconsistent incorporated incorrect incorrectly increase increased increases increasing
increment incremental incremented incrementing indeed indefinitely indent indentation indented indents independent
independently index indexed indexes indexing indicate indicated indicates indicating indication indicator indices
indirectly individual individually inefficient inf infer inference inferred infinite infinities infinity info inform
information informational informative infrastructure inherit inheritance inherited inheriting inherits ini init
initial initialization initialize initialized initializer initializing initially initials initiated inject injected
inline inlined inner innermost input inputs insane insecure insensitive insert inserted inserting insertion inserts
inside insist inspect inspecting inspection inspired install installation installed installs instance instances
instantiate instantiated instantiating instantiation instead instruction instructions instructs insufficient int
intact integer integers integral integration integrity intend intended intent intentional intentionally interact
interacting interaction interactive interactively intercept intercepted interested interesting interface interfaces
interfere interior intermediate internal internally internals internet interpolation interpret interpretation
interpreted interpreter interrupt interrupted interrupts intersection interspersed interval intervals into intra
intrinsic introduce introduced introduces introspection ints invalid invalidate invalidated invariant invariants
inverse inversion inverted invocation invocations invoke invoked invokes invoking involve involved involves involving
ipaddress irrelevant isatty isinstance isn iso isolated isolation iss issubclass issue issuecomment issued issuer
issues issuing item items iter iterable iterables iterate iterated iterates iterating iteration iterations iteratively
iterator iterators its itself job join joined joining json jump jumps junk just justify keep keepalive keeping keeps
kept kernel key keyboard keyed keyfile keys keyword keywords kind kinda kinds know knowing knowledge known knows kwarg
kwargs kwds label labels lack lacks lambda lambdas language languages large largely larger largest last late later
latest latin latter launched launching layer layers layout lazily lazy ldap lead leading leads leaf leak leaked
leaking leap learn least leave leaves leaving led left leftmost leftover legacy legal len length lengths lenient less
let lets letter letters letting level levels lexer lexical lgtm lib libc libraries library license licensed lies life
lifecycle lifetime light like likely likewise limit limitation limitations limited limiter limiting limits line linear
linecache lineno linenumber lines link linked links linux list listed listen listener listening listing lists literal
literalinclude literally literals little live lives load loaded loader loading loads local locale localhost localize
localized locally localns locals locate located location locations lock locked locking locks log logged logger loggers
logging logic logical logically login logs long longer longest look lookahead looked looking looks lookup lookups loop
loopback looping loops lose losing loss lost lot lots low lower lowercase lowercased lowest lstat mac machine
machinery machines macro made magic magnitude mail mailbox mailto main mainly maintain maintained maintaining
maintains maintenance major make makefile makes making malformed manage managed management manager managers manages
managing mandatory manipulate manipulation manner mantissa manual manually many map mapped mapping mappings maps
margin marginally mark marked marker markers marking marks markup mask master match matched matches matching math
matrix matter matters max maximal maximum maxsize may maybe mean meaning meaningful meaningless meanings means meant
meantime measure measured measurement measures measuring mechanism mechanisms media meet meets member members memo
memoize memory memoryview mentioned merely merge merged merges merging mess message messages messing messy met meta
metaclass metadata metavar meth method methods metric metrics microseconds mid middle middleware midnight might
migration milliseconds mime mimetype mimetypes mimic mimicking mimics min mind minimal minimize minimum minor minus
minutes mirror mirrors misc mismatch miss missed misses missing mistake mitigate mitmproxy mix mixed mixin mixing mmap
mobile mock mocked mocking mod mode model models modern modes modification modifications modified modifier modifies
modify modifying modname module modules modulo modulus moment monitor mono month months more most mostly mount mounted
move moved moves moving mro msal msg mtime much multi multidict multiline multipart multiple multiplication
multiprocessing must mutable mutate mutated mutates mutating mutation mutually mypy naive name named namedtuple
namedtuples namely names namespace namespaces naming nans nargs narrow narrower nasty native natively natural
naturally nature nbsp ndiff near nearest nearly necessarily necessary need needed needing needs negative negotiate
negotiated negotiation neither nested nesting net netloc netrc network networking never new newer newest newline
newlines newly next nobody node nodeid nodes noinspection noise non nonce none nonempty nonexistent nonlocal nonzero
noop nor normal normalization normalize normalized normalizing normally not notation note notes nothing notice
notifications notified notify notion now ntpath null num number numbering numbers numerator numeric numerical
numerically numpy obj object objects obscure observability observation observations observe observed obsolete obtain
obtained obtaining obvious obviously occasionally occur occurred occurrence occurrences occurring occurs octal octet
octets odd off offer offered offers official offset offsets often oid okay old older oldest omit omits omitted
omitting once one onerror ones only onto onwards opaque opcode opcodes open opened opening opens operand operate
operates operating operation operations operator operators opposed opposite opt optimization optimizations optimize
optimized optimizing option optional optionally options optparse opts order ordered ordering ordinal ordinary
organization organizations origin original originally originate originated origins other others otherwise ought our
ourselves out outcome outcomes outer outermost outgoing output outputs outside over overall overflow overflowing
overflows overhead overkill overlap overlapping overlay overload overloaded overloads overridden override overrides
overriding overview overwrite overwrites overwriting overwritten own owned owner ownership owns package packages
packed packet packets pad padded padding page paged pager pages paging pair pairs palette paragraph parallel param
parameter parameterized parameters parametrization parametrizations parametrize parametrized params paramtype parent
parentheses parents parse parsed parser parsers parses parsing part partial partially particular particularly parties
partitioned parts party pass passed passes passing password passwords past patch patched patches patching path pathlib
pathname pathnames paths pattern patterns pause paused payload payloads peer pending people pep per percent percentage
perfectly perform performance performant performed performing performs perhaps period periods permanent permanently
permission permissions permit permits permitted persist persistent persists person persons pertaining phase photo
phrase physical pick picked pickle pickleable pickled pickles pickling pid piece pieces pin pip pipe pipeline pipes
pkgutil place placed placeholder placeholders places plain plaintext plan planned platform platforms play please
plugin plugins plural plus point pointed pointer pointing pointless points policies policy poll polling pool pooling
pools pop popen popped pops popular populate populated port portable portion portions ports pos position positional
positions positive positives posix possibilities possibility possible possibly post postfix potential potentially pow
power powerful powers pprint practical practice pragma pre precede preceded precedence precedes preceding precise
precisely precision predefined predicate predicates predictable prefer preference preferred prefix prefixed prefixes
preparation prepare prepared prepend prepended presence present presented preserve preserved preserves preserving
presumably presume pretty prevent prevented preventing prevents previous previously primarily primary prime primitive
primitives principal principle print printable printed printer printing prints prior priority private probability
probably probe problem problems proceed proceeds process processed processes processing processor processors produce
produced produces producing product production profile profiler prog program programmatically programmer programming
programs progress project promote prompt prompts proof propagate propagated proper properly properties property
protect protected protection proto protocol protocols provide provided provider provides providing proxies proxy
proxying pseudo public publicity publicly publish published pull pulling pulls punctuation pure purely purpose
purposes push pushed pushes pushing put puts pyc pydantic pyright python quadratic qualified quality qualname queried
queries query querying question queue queued quick quickly quiet quit quite quote quoted quotes quoting races raise
raised raises raising ran random randomly randomness range ranges rare rarely raster rate rather ratio rational raw
rdata rdataset rdatasets rdatatype rdclass rdtype reach reachable reached reaches reaching read readable reader
readframes reading readinto readline readonly reads ready real realize really realm realpath reason reasonable
reasonably reasons reassign rebind rebuild rebuilding receive received receiver receives receiving recent recently
recipe recipient recognize recognized recommend recommended recommends reconstruct record recorded recording records
recover recreate recreated recurring recurse recursion recursive recursively recv red redefine redefined redirect
redirected redirecting redirection redirects redistribute reduce reduced reduces reducing reduction redundant
reentrant ref refactor refactoring refer reference referenced references referencing referral referrals referring
refers reflect reflected refresh refreshed refreshing refs refuse refused regarding regardless regex regexes regexp
region register registered registering registers registration registries registry regression regular regularly reject
rejected rejection rejects related relations relationship relative relatively relativize relativized release released
releases releasing relevant reliable reliably relied relies reload reloading rely relying remain remainder remaining
remains remember remembers remote removal remove removed removes removing rename renamed render renderable renderables
rendered renderer rendering renders reorder repeat repeated repeatedly repeats replace replaced replacement
replacements replaces replacing replay replayed reply report reported reporting reports repository repr represent
representable representation representations represented representing represents reproduce reproducing reprs req
request requested requesting requests require required requirement requirements requires requiring reraise reserved
reset resets resetting resolution resolve resolved resolver resolves resolving resort resource resources resp respect
respected respective respectively respects respond responded responding responds response responses responsibility
responsible rest restart restore restored restores restoring restrict restricted restriction restrictions result
resulted resulting results resume resumes retain retained retaining retains retried retries retrieve retrieved
retrieving retry return returned returning returns reusable reuse reused reverse reversed revision rewind rewrite
rewriting rewritten rfc rich rid right rightmost rights risk robust role room root roots rotate roughly round rounded
rounding rounds route routed routes routine routines routing row rows rrset rtype rule rules run runner running runs
runtest runtime safe safely safety said sake same sample samples sampling sanitized sanity sans satisfied satisfies
satisfy satisfying save saved saves saving saw say says scalar scale scan scanned scanning scenario scenarios schedule
scheduled scheduling schema schemas scheme schemes scope scoped scopes score screen script scripts search searched
searches searching sec second seconds secret secrets section sections secure security see seealso seed seeing seek
seekable seeking seem seems seen sees segment segments select selected selection selector selects self sell semantic
semantically semantics semi semicolon send sender sendfile sending sends sense sensible sensitive sent sentinel sep
separate separated separately separating separator separators seq sequence sequences sequential serial serializable
serialization serialize serialized serializer serializers serializing series serve served server servers serves
service services serving session sessions set setattr setcomptype setframerate setnchannels setnframes setparams
setpos sets setsampwidth setstate settable setter setting settings setup setuptools several shadow shadowed shall
shallow shape shapes share shared shares sharing shell shift shim shlex short shortcut shorten shorter shortest
shorthand shot should shouldn show showing shown shows shrink shrinker shrinking shrinks shut shutdown sibling side
sides sign signal signals signature signatures signed significant significantly signify signing signs silence silent
silently similar similarly simple simpler simplest simplicity simplified simplifies simplify simply simulate simulated
simultaneous simultaneously since single singleton site situation situations six size sized sizes skip skipped
skipping skips slash slashes sleep slice slicing slightly slot slots slow slower slowest slows small smaller smallest
smtp snapshot snippet sock socket sockets soft software solely solution solve some somehow someone something sometimes
somewhat somewhere soon sophisticated sort sorted sorting sorts sound source sourcecode sources space spaces spacing
spam span spans spawn spawned speaking spec special specialized specially specific specifically specification
specifications specified specifier specifies specify specifying specs speed speeding speeds speedup spell spelling
spend spent split splits splitting spread spurious sqrt square src ssl stable stack stacklevel stage stale stand
standalone standard standards star start started starting starts startup stash stat state stated stateful statement
statements states static statically staticmethod staticmethods stating statistics stats status stay stays stderr stdin
stdio stdlib stdout step steps stereo stick still stmt stop stopped stopping stops storage store stored stores storing
straight strange strategies strategy stream streamed streaming streams street strftime strict stricter strictly string
strings strip stripped stripping strips strong strongly struct structlog structural structure structured structures
stub stuff style styled styles sub subclass subclassed subclasses subclassing subdirectories subdirectory subdomain
subdomains subject sublicense submit submitted submodule submodules subprocess subprocesses subscription subsequent
subsequently subset substantial substitute substituted substitution substitutions substring substrings subtle subtract
subtraction subtree subtype subtypes succeed succeeded succeeds success successful successfully successive successor
such suck sufficient sufficiently suffix suffixes suggest suggested suggests suitable suite suites sum summaries
summarize summary super superclass superclasses superset supplied supply support supported supporting supports suppose
supposed suppress suppressed sure surprising surrogate surrogateescape survive swallow swap switch switched switches
switching symbol symbolic symbols symlink symlinks sync synchronous synchronously syntactically syntax syntaxes sys
syscall sysconfig system systems tab table tables tabs tabsize tag tagged tags tail take taken takes taking talking
target targeted targets task tasks tcp tear teardown technically technique tell tells temp tempfile template templates
temporarily temporary ten tenant tenants tends term terminal terminate terminated terminates terminating terminator
terminators termios terms test tested testing tests text texts textual textwrap than thanks that the their them theme
themselves then theory there thereby therefore thereof these they thin thing things think third this those though
thought thousands thread threading threads three threshold through throughout throw throwing thrown throws thus tie
tied till time timed timedelta timeout timeouts timer times timestamp timestamps timezone timezones timing tip title
tls tmp today todo together token tokenize tokenizer tokens told tolerate too took tool tools top topic toplevel
topmost torn total touch toward towards trace traceback tracebacks tracer traces tracing track tracked tracker
tracking tracks traditional traffic trailer trailers trailing transaction transfer transform transformation
transformations transformed transforms transition transitions translate translated translates translating translation
transmission transmit transmitted transparent transparently transport transports trap traversal traverse traversing
treat treated treating treatment treats tree trees trick tricks tricky tried tries trigger triggered triggering
triggers trip triple triples trouble true truncate truncated truncating truncation trust trusted trustworthy truth
truthy try trying ttl tty tunnel tuple tuples turn turned turning turns twice two typ type typed types typevars
typical typically typing tzinfo ugly uid ultimately umask unable unaltered unambiguous unambiguously uname unary
unavailable unbind unbound unbounded unbuffered unchanged uncompressed unconditional unconditionally undefined under
underlying underscore underscores understand understands undo undocumented undone unencoded unencrypted unescape
unescaped unexpected unexpectedly unfortunate unfortunately unhandled unhashable unicode uniform uniformly
unimplemented union unions unique uniquely uniqueness unit units unittest unittesting universal unix unknown unless
unlike unlikely unlimited unlock unmodified unnecessarily unnecessary unpack unpacked unpacking unpickable unpickling
unprocessed unquoted unreachable unread unrecognized unrelated unsafe unset unsigned unsound unspecified unsupported
until untouched untrusted unusable unused unusual unwrap unwrapped unwrapping update updated updates updating upgrade
upload uploads upon upper uppercase upstream upwards uri url urllib urls usable usage use used useful user username
users uses using usual usually utf utilities utility uuid val valid validate validated validates validating validation
validator validators validity value values vanilla var varargs variability variable variables variance variant
variants variation variations varies variety various vars vary vector verb verbose verbosity verification verified
verifies verify versa version versionadded versionchanged versions vertical very via vice view viewing views violate
violated violates violation virtual visible visit visited visitor von vulnerable wait waited waiter waiting waits wake
wakeup walk walking want wanted wants warn warning warnings warns warranty was wasn waste watch way ways weak weakref
web webbrowser websocket week weekday weeks weight weights welcome well went were weren what whatever when whence
whenever where whereas whether which whichever while white whitespace who whole whom whose why wide wider width widths
wild wildcard wildcards will win window windows wink wins wire wish wishes with within without won word words work
workaround workarounds worked worker workers working workload works world worry worse worst worth would wouldn wrap
wrapped wrapper wrappers wrapping wraps writable write writeframes writeframesraw writelines writer writers writes
writing written wrong wrote wsgi www xml year years yes yet yield yielded yielding yields you your yourself zero
zeroes zeros zip zipfile zone zoneinfo
""".split()
)
"""Lower case, letters only."""
