#include "cli/rules/masked_message.h"

#include <algorithm>
#include <vector>

namespace handshaked::cli {
namespace {

/// Of OpenSSL's reasons, nginx's messages and plain English, in order. None of them is a name.
constexpr std::string_view kOrdinaryWords =
    "a aad able abort aborted aborts about above absent absolute accelerators accept acceptable accepted accepts access "
    "account action add add0 added adding additional addr address addresses addrinfo admit aead aes af affected after again "
    "against agree agreed agreement ahead akid alert alerts alg algorithm algorithms algs alike all alloc allocate allow "
    "allowed allows alone along alpn already also alt altered alternate alternative although always ambiguous amplification "
    "an and angie another answer answers any anything anyway api app apparmor appears appliance application applied apply "
    "appname appropriate are arg argument arguments aria arithmetic arrive arrives as ascii ask asked asks asn asn1 assign "
    "assigned asymmetric async at attack attempt attempted attribute attributes auth authority authorization authorizations "
    "auto aux available away b back backend bad balancer balancers base base64 basic basicconstraints basis be because been "
    "before began begin begins begun behind being believes belong belongs below beside best between big bignum bin2bn "
    "binary bind binder bio bit bits bitstring blind blob block blocked blocks bmpstring bn body boolean both boundary box "
    "break breaks broke broken browsers buf buffer buffered buffers bug build builds built bundle but by byte bytes ca "
    "cache call callback callbacks called calling calls came camellia can cancel canceled cancelled cannot carries carry "
    "cas case cause caused cb cbc cbs ccs cdn cek cert certificate certificate_by certificates certs chacha chain chains "
    "challenge challenges change changed characters chars check checked checking checks checksum choice choose chooses "
    "chose chosen cipher cipherfinal cipherinit ciphers ciphersuite cipherupdate ckr clear client clientauth clienthello "
    "clients clock close closed closes closing cloud cmd cnf code codes coefficient cofactor come comes command common "
    "compare compared compares compile compiled complains complete components compress compressed compression concerned "
    "concerns conditional conf config configuration configured conflict conflicting conflicts congruent connect connected "
    "connecting connection connections connects consequence constant constants constraint constraints constructed contain "
    "container contains content contents context contexts continuing contradicts control conversion convert converting "
    "cookie coordinates copy corrupt corrupted corruption cosocket could count counts cover covers crash crashed create "
    "created creating crit critical crl crls crlsign cross crt cryptinit crypto csr ct ctr ctrl ctx curl current curve "
    "curves custom cut d d2i daemon damaged dane data datagram datagrams date dates day days de debug decided declared "
    "decode decoded decoder decoding decompression decrypt decrypted decryptfinal decryptinit decryption decrypts "
    "decryptupdate deep default defaults defect defined definition deflate deflateend deflateinit dek delay delayed delete "
    "deleted deliver delta demands denied denies deny deprecated depth der derivation des3 descriptor descriptors "
    "deserialize detected determine device devices dh dhe dhparams did different diffie digest digestfinal digestinit "
    "digests digestupdate digit digital dir direction directive directives directories directory disable disabled "
    "disallowed discard discarded disconnect disconnected discriminant disk distpoint distribution dmp1 dmq1 dn dns do does "
    "doesn domain done dot down downgrade downgraded download downloaded downstream drbg drop dropped drops dsa dso dss "
    "dtls dtls1 dup duplicate duplicated during dynamically e each earlier early ec ecc ecdh ecdhe ecdsa ech echoed "
    "echstore ecpkparameters ecpoint ecpointformat ecx ed ed25519 ed448 ee egress eio either elliptic else elsewhere email "
    "emerg empty ems en enable enabled enc encode encoded encoding encrypt encrypted encryptfinal encrypting encryptinit "
    "encryption encryptupdate end ended endpoint ends engine engines enough entering entries entropy entry envelope "
    "environment eoc eof eos epoll equal err errno error errors esni even ever every everything evp ex exactly exceed "
    "exceeded exceeds except excess excessive exchange exclude excluded excludes executable exhausted exist existing exists "
    "expand expect expected expecting expects expire expired expires expiry explicit exponent export exporter ext extended "
    "extendedkeyusage extension extensions external extms extra extract eyes f fa fail failed failing fails failure "
    "failures fake fallback falling family fast fatal fault faults faulty fd feature features fell fetch fetches fetching "
    "few fewer ffc field file files filetype fill fills filter fin final find finds fine fingerprint finish finished "
    "finishes fionread fips firewall firewalls first fit fits fixed flag flight following follows fopen for forbid forbids "
    "force foreign form format former found fragment fragmented fragments frame frames from front fstat full function "
    "functions future fuzzer gave gcm gen general generate generation generator get get1 gethostbyname gets getsockname "
    "getting gf2m give given gives global glued go goaway goes gone good gost got greater greets group groups grpc grpcs h2 "
    "h2c h3 had half hand handler handles handling hands handshake handshakes handshaking hardware harmless has hash have "
    "haven he header headers health healthy hellman hello here hex hide hides high higher hkdf hmac hold holds hook host "
    "hostname hosts hour hours how however hrr hsm htt http http2 http3 https hybrid i i2d icmp id identifier identifiers "
    "identity idle idp if ignore ignored ignores ignoring illegal implementation implemented implicit import impossible in "
    "inaccessible inappropriate include included incompatibility incompatible incomplete inconsistent incorrect index "
    "indicator indirect inet infinity info information ing ingress init initial initialise initialised initialization "
    "initialized initiated input inside insists inspecting inspection installed instance instantiated instantiating instead "
    "insufficient integer integrity intermediate intermediates internal internalerror internet interrupted into invalid "
    "inverse invert io ioctl ip ipaddress ipv iqmp is issue issued issuer issuers issuing it item items iteration its "
    "itself iv ivlen j java js just kat kb kdf keepalive keeps kem kernel kevent kex key keyblob keycertsign keyed "
    "keylength keymgmt keypair keys keytype keyusage kind know known knows ktls l label lack lacks ladder large larger last "
    "lastupdate late later layer leads leaf least leaves left legacy len length less let lets level lib libraries library "
    "libressl libssl lies like limit limits line lines link linked list listed listen listener listeners listening listens "
    "lists live ll load loaded loader loaders loading loads local locally location locations lock locked locking log logged "
    "logs long longer look looks lookup loop los lost low lower lua mac machine machines made magic mail make making "
    "malformed malformedrequest malloc many map marked markings mask master match matched matches matching material max "
    "maximum may maybe md md5 me mean means meant measured mem memory message messages met method mgf1 mid middle middlebox "
    "might migrate migration mime minimum minprotocol minute minutes mismatch mismatching misplaced missing misspelled "
    "mixed mki ml mobile mod mode modes modifier module modules modulus moment more most mostly moved mp ms mstring mtls "
    "mtu mtype much multi multipart multiple must my mysql n name nameconstraints named names narrow nbio need needed needs "
    "negative negotiate negotiated negotiation negotiations neither nested network never new newer newline next nextupdate "
    "nginx ngx nid nist njs nn no nobody nodelay non nonce none nor normal normally not notafter notbefore nothing notice "
    "noticed notices notify now npn ntls null num number numbers o oaep obj object objects obsolete obtain obtaining "
    "occurred ocsp ocspsigning octet odd of off offer offered offers offset often oid ok old older on once one oneline ones "
    "oneshot only onto oo open opened opening openresty openssl operating operation operations option optional options or "
    "order ordinary ossl other others otherwise our ours out outage outer output outside over overflow overlap overlapping "
    "overloaded override overwrites own owner p p256 p384 p521 packet packets pad padding page pairwise param parameter "
    "parameters params parent parse parsed parser parsing part partial partially partner party pass passed passes "
    "passphrase password past patched path pathlen payload pbe pbkdf2 peek peer peers pem pending pentanomial per "
    "permission permissions permits permitted personalisation phase phases phrase picks piece pin pinned pinning pipe "
    "pipeline pkcs pkcs11 pkcs12 pkcs7 pkcs8 pkey plain platform please plus point points policy polling poly pool pools "
    "port portal ports post postpone postponed pre pread preface prefix prematurely prepared preread prereading present "
    "presented presents previous prf prime primes primitive print printed prints private privatekey prng probe problem "
    "problems proc process processes processing product profile profiles progress properly property protection protocol "
    "protocols protos provide provided provider providers proxies proxy proxying psk pss pub pubinfo pubkey public "
    "published purpose push put pvk q quantum query queue queued quic quoted quotes r rand random randomness range rate raw "
    "rc4 re reach reached reaches read reading reads readv real reason reasons receive received record records recovery "
    "recv recvmsg redirect reference referrer refusal refuse refused refuses registered registration reject rejected "
    "rejects reload reloaded remove removed renegotiate renegotiating renegotiation renew renewal renewals renewed repeated "
    "repeats replaced replacing reported reports request requested requesting requestorname requests require required "
    "requires reseed reserved reset resets resolution resolve resolved resolver resolves resolving resource resources "
    "respond responder response responses rest restarted restriction resty resumed resuming resumption retries retrieve "
    "retrieving retry return returned reuse reuseaddr revocation revoke revoked rewrite rewrites rfc rhel right rights ring "
    "rollback root roots rounds route routine routines rsa rst rule rules run runs s s2i s2n safe said salt saltlen same "
    "san saved saw say says scanner scanners schedule scheduled scheme sclient scope script scrypt scsv sct scts seal "
    "search seclevel second seconds secret secrets section secure security see seed sees select selected selector self "
    "selinux send sendfile sending sends sent separator sequence serial serialize served server serverauth serverhello "
    "serverinfo servername servers serves service session sessions set set0 set1 sets setting settings setup several sha "
    "sha1 sha256 sha384 sha512 shaking shall shandshake shared shares she short should show shows shutdown side sig sigalg "
    "sigalgs sigid siginf sign signature signatures signed signer signing sigrequired silent silently since siphash size "
    "sizes sk skip skipped slab slot slow small smaller smtp sni so socket sockets socktype software some somebody someone "
    "something sometimes source sources space spdy speak speaks spec specified spoke spoken srp srtp ss ssh ssl ssl2 ssl23 "
    "ssl3 sslhandshake sslv2 sslv23 sslv3 stack stacks stale standard stands staple stapled stapling start started starting "
    "starts starttls startup state stateless status stays step still stop stopped stops storage store stored stranger "
    "stream streaming streams strength strict string stronger stun subject subjectaltname subset subtree subtrees succeeds "
    "successful such suitable suite suiteb suites supply support supported suwsgi swapped switched switches symbolic syntax "
    "system t table tag tagged tagging tail take taken takes talks target tcp td tells template temporarily terminal "
    "terminated text than that the their them then there therefore these they third this thisupdate those thread threads "
    "throttled through ticket tickets time timed timeout timer times tls tls1 tls13 tlsa tlsext tlsv tlsv1 tlsv11 tlsv12 "
    "tlsv13 tlv tmp to together token tokens too took towards tpm tpm2 trailer trailers trailing transfer transparency "
    "transport tried trinomial true truncated trust trusted trusts try trylater tt tunnel twice two type types typical "
    "typing ua ubuntu udp ui ukm unable unauthorized unavailable uncommon uncompressed undecodable undefined under "
    "underflow understand understood unexpected unexpectedly unhandled unimplemented uninitialized unit universal "
    "universalstring unix unknown unless unobtainable unprivileged unreachable unreadable unrecognised unrecognized "
    "unregistered unsafe unsolicited unspecified unsuitable unsupported until untrusted up update updated updates updating "
    "upgrade upgraded upstream upstreams uri url us usable usage use used user username users uses using usual usually utf "
    "uwsgi uz v v1 v2 v3 v6 valid validate validation validity value values variable variables ve verdict verification "
    "verified verifies verify verifying version versions very via violates violation w wait waited waiting waits wants warn "
    "warning warnings warns was way we weak weaker well were what when where whether which while who whole whom whose why "
    "wildcard will wins with within without word words work worker workers works would wrap write writes writev writing "
    "written wrong wrongly wrote wsastartup x x03 x16 x25519 x448 x509 x5b x5d x931 xcghash xof xts yet you your z z0 za "
    "zero zone";

std::vector<std::string_view> split_words() {
  std::vector<std::string_view> words;
  for (std::string_view rest = kOrdinaryWords; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

}  // namespace

bool is_ordinary_word(std::string_view word) {
  static const std::vector<std::string_view> kAll = split_words();
  constexpr std::size_t kLongestWord = 20;
  if (word.size() > kLongestWord) return false;
  std::string lower(word);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return std::binary_search(kAll.begin(), kAll.end(), std::string_view(lower));
}

}  // namespace handshaked::cli
