#include "parse/openssl_reasons.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "parse/characters.h"

namespace handshaked::parse {
namespace {

struct Reason {
  std::uint32_t number;
  std::string_view text;
};

/// Reasons of the SSL library that rules tell apart (openssl/sslerr.h: the numbers are the same
/// in 1.x and 3.x), by number. From 1000 on they are alerts of the peer: 1000 and the number of the
/// alert.
constexpr std::array kSslReasons = std::to_array<Reason>({
    {100, "app data in handshake"},
    {101, "no suitable key share"},
    {102, "bad dh value"},
    {103, "bad change cipher spec"},
    {104, "inconsistent extms"},
    {105, "bad hello request"},
    {106, "bad data returned by callback"},
    {108, "bad key share"},
    {110, "bad extension"},
    {111, "bad digest length"},
    {112, "missing sigalgs extension"},
    {114, "bad psk identity"},
    {115, "bad packet length"},
    {116, "bad protocol version number"},
    {118, "no suitable signature algorithm"},
    {119, "bad rsa encrypt"},
    {120, "invalid key update type"},
    {122, "bad key update"},
    {123, "bad signature"},
    {127, "bad write retry"},
    {129, "block cipher pad is wrong"},
    {131, "ca dn length mismatch"},
    {132, "too many key updates"},
    {133, "ccs received early"},
    {134, "certificate verify failed"},
    {135, "cert length mismatch"},
    {137, "cipher code wrong length"},
    {139, "unknown command"},
    {145, "data between ccs and finished"},
    {146, "data length too long"},
    {147, "decryption failed"},
    {148, "dh public value length is wrong"},
    {149, "digest check failed"},
    {150, "encrypted length too long"},
    {151, "error in received cipher list"},
    {152, "excessive message size"},
    {153, "extra data in message"},
    {154, "got a fin before a ccs"},
    {155, "https proxy request"},
    {156, "http request"},
    {157, "tls invalid ecpointformat list"},
    {159, "length mismatch"},
    {160, "length too short"},
    {161, "library has no ciphers"},
    {162, "illegal point compression"},
    {163, "ext length mismatch"},
    {166, "version too high"},
    {171, "missing tmp dh key"},
    {174, "invalid max early data"},
    {176, "no certificates returned"},
    {177, "no certificate assigned"},
    {179, "no certificate set"},
    {181, "no ciphers available"},
    {182, "not on record boundary"},
    {183, "no ciphers specified"},
    {185, "no cipher match"},
    {186, "bad cipher"},
    {187, "no compression specified"},
    {191, "no protocols available"},
    {193, "no shared cipher"},
    {197, "old session cipher not returned"},
    {198, "packet length too long"},
    {199, "peer did not return a certificate"},
    {204, "error setting tlsa base domain"},
    {205, "invalid alert"},
    {207, "protocol is shutdown"},
    {208, "sct verification failed"},
    {209, "missing supported groups extension"},
    {210, "ssl session version mismatch"},
    {213, "record length mismatch"},
    {214, "no change following hrr"},
    {215, "required cipher missing"},
    {217, "unsolicited extension"},
    {218, "ciphersuite digest has changed"},
    {219, "bad psk"},
    {220, "signature for non signing certificate"},
    {223, "psk identity not found"},
    {226, "clienthello tlsext"},
    {227, "parse tlsext"},
    {229, "ssl handshake failure"},
    {230, "ssl library has no ciphers"},
    {233, "bad early data"},
    {234, "callback failed"},
    {235, "no application protocol"},
    {236, "bad handshake state"},
    {237, "overflow error"},
    {239, "unable to find public key parameters"},
    {240, "bad packet"},
    {241, "insufficient security"},
    {244, "unexpected message"},
    {245, "unexpected record"},
    {246, "unknown alert type"},
    {247, "unknown certificate type"},
    {248, "unknown cipher returned"},
    {249, "unknown cipher type"},
    {250, "unknown key exchange type"},
    {251, "unknown pkey type"},
    {252, "unknown protocol"},
    {253, "binder does not verify"},
    {254, "unknown ssl version"},
    {255, "unknown state"},
    {256, "missing fatal"},
    {257, "unsupported compression algorithm"},
    {258, "unsupported protocol"},
    {259, "unsupported ssl version"},
    {260, "invalid ccs message"},
    {261, "wrong cipher returned"},
    {262, "unexpected ccs message"},
    {263, "bad hrr version"},
    {264, "wrong signature length"},
    {265, "wrong signature size"},
    {266, "wrong ssl version"},
    {267, "wrong version number"},
    {271, "bad length"},
    {272, "attempt to reuse session in different context"},
    {274, "library bug"},
    {275, "serverhello tlsext"},
    {279, "extension not received"},
    {281, "decryption failed or bad record mac"},
    {290, "missing parameters"},
    {291, "application data after close notify"},
    {292, "bad legacy version"},
    {293, "mixed handshake and non handshake data"},
    {294, "unexpected eof while reading"},
    {295, "no suitable groups"},
    {297, "no suitable digest algorithm"},
    {298, "record too small"},
    {299, "cannot get group name"},
    {300, "ssl3 session id too long"},
    {303, "ssl session id has bad length"},
    {306, "bad ecpoint"},
    {308, "cookie mismatch"},
    {311, "missing tmp ecdh key"},
    {314, "unable to find ecdh parameters"},
    {315, "unsupported elliptic curve"},
    {318, "ecc cert not for signing"},
    {319, "ssl3 ext invalid servername"},
    {328, "invalid status response"},
    {329, "unsupported status type"},
    {332, "bad handshake length"},
    {333, "legacy sigalg disallowed or unsupported"},
    {334, "dtls message too big"},
    {335, "renegotiate ext too long"},
    {336, "renegotiation encoding err"},
    {337, "renegotiation mismatch"},
    {338, "unsafe legacy renegotiation disabled"},
    {339, "no renegotiation"},
    {341, "invalid compression algorithm"},
    {343, "compression disabled"},
    {344, "old session compression algorithm not returned"},
    {345, "scsv received when renegotiating"},
    {360, "signature algorithms error"},
    {368, "unknown digest"},
    {370, "wrong signature type"},
    {373, "inappropriate fallback"},
    {376, "no shared signature algorithms"},
    {377, "cert cb error"},
    {378, "wrong curve"},
    {383, "wrong certificate type"},
    {386, "unknown cmd name"},
    {390, "bad data"},
    {394, "dh key too small"},
    {396, "version too low"},
    {397, "ca key too small"},
    {398, "ca md too weak"},
    {399, "ee key too small"},
    {401, "fragmented client hello"},
    {402, "invalid sequence number"},
    {404, "length too long"},
    {407, "shutdown while in init"},
    {408, "ssl session id too long"},
    {409, "too many warn alerts"},
    {410, "no shared groups"},
    {443, "bad record type"},
    {999, "invalid session id"},
    {1010, "sslv3 alert unexpected message"},
    {1020, "sslv3 alert bad record mac"},
    {1021, "tlsv1 alert decryption failed"},
    {1022, "tlsv1 alert record overflow"},
    {1030, "sslv3 alert decompression failure"},
    {1040, "sslv3 alert handshake failure"},
    {1041, "sslv3 alert no certificate"},
    {1042, "sslv3 alert bad certificate"},
    {1043, "sslv3 alert unsupported certificate"},
    {1044, "sslv3 alert certificate revoked"},
    {1045, "sslv3 alert certificate expired"},
    {1046, "sslv3 alert certificate unknown"},
    {1047, "sslv3 alert illegal parameter"},
    {1048, "tlsv1 alert unknown ca"},
    {1049, "tlsv1 alert access denied"},
    {1050, "tlsv1 alert decode error"},
    {1051, "tlsv1 alert decrypt error"},
    {1060, "tlsv1 alert export restriction"},
    {1070, "tlsv1 alert protocol version"},
    {1071, "tlsv1 alert insufficient security"},
    {1080, "tlsv1 alert internal error"},
    {1086, "tlsv1 alert inappropriate fallback"},
    {1090, "tlsv1 alert user cancelled"},
    {1100, "tlsv1 alert no renegotiation"},
    {1109, "tlsv13 alert missing extension"},
    {1110, "tlsv1 unsupported extension"},
    {1111, "tlsv1 certificate unobtainable"},
    {1112, "tlsv1 unrecognized name"},
    {1113, "tlsv1 bad certificate status response"},
    {1114, "tlsv1 bad certificate hash value"},
    {1115, "tlsv1 alert unknown psk identity"},
    {1116, "tlsv13 alert certificate required"},
    {1120, "tlsv1 alert no application protocol"},
});
constexpr std::array kX509Reasons = std::to_array<Reason>({
    {115, "key type mismatch"},
    {116, "key values mismatch"},
    {136, "no certificate or crl found"},
});
constexpr std::array kPemReasons = std::to_array<Reason>({
    {100, "bad base64 decode"},
    {101, "bad decrypt"},
    {102, "bad end line"},
    {104, "bad password read"},
    {108, "no start line"},
    {109, "problems getting password"},
});
constexpr std::uint32_t kFirstAlert = 1000;

/// The library of a code and its reasons.
struct Library {
  std::uint32_t mask, bits, reason_mask;
  std::string_view name;
  std::span<const Reason> reasons;
};

/// OpenSSL 3 packs lib<<23 | reason, earlier ones lib<<24 | function<<12 | reason.
constexpr std::array kLibraries = std::to_array<Library>({
    {0xFF800000, 0x0A000000, 0x7FFFFF, "SSL routines", kSslReasons},
    {0xFF000000, 0x14000000, 0xFFF, "SSL routines", kSslReasons},
    {0xFF800000, 0x05800000, 0x7FFFFF, "x509 certificate routines", kX509Reasons},
    {0xFF000000, 0x0B000000, 0xFFF, "x509 certificate routines", kX509Reasons},
    {0xFF800000, 0x04800000, 0x7FFFFF, "PEM routines", kPemReasons},
    {0xFF000000, 0x09000000, 0xFFF, "PEM routines", kPemReasons},
});

struct Meaning {
  const Library* library = nullptr;
  const Reason* reason = nullptr;
};

Meaning meaning_of(std::uint32_t code) {
  for (const Library& library : kLibraries) {
    if ((code & library.mask) != library.bits) continue;
    const std::uint32_t number = code & library.reason_mask;
    const auto reason = std::find_if(library.reasons.begin(), library.reasons.end(),
                                     [number](const Reason& one) { return one.number == number; });
    if (reason != library.reasons.end()) return {.library = &library, .reason = &*reason};
  }
  return {};
}

/// What stands behind a code: ":LIBRARY:FUNCTION:REASON", or what is left of it.
struct Words {
  std::string_view function;  ///< perhaps only its beginning
  std::string_view reason;    ///< perhaps a piece of it, or nothing
  std::size_t length = 0;     ///< up to where the reason ends, or the words
  bool is_numbered = false;   ///< "lib(20):func(148):reason(1046)"
};

Words read_words(std::string_view rest) {
  constexpr std::size_t kLongest = 160;
  Words words;
  constexpr std::string_view kWideBracket = "\xEF\xBC\x89";
  rest = rest.substr(0, std::min({rest.find(" error:"), rest.find(" while SSL "),
                                  rest.find(kWideBracket), kLongest}));
  if (const auto number = rest.find("reason("); number != npos) {
    const auto close = rest.find(')', number);
    const auto function = number == 0 ? npos : rest.rfind(':', number - 1);
    if (close == npos || function == npos) return words;
    words.is_numbered = true;
    words.length = close + 1;
    const auto begin = function == 0 ? npos : rest.rfind(':', function - 1);
    if (begin != npos) words.function = rest.substr(begin + 1, function - begin - 1);
    if (words.function.starts_with("func(")) words.function = {};
    return words;
  }
  const std::size_t end = std::min({rest.find_first_of(")\"`|,;"), rest.find("..."), rest.size()});
  words.length = end;
  const bool goes_on = end < rest.size();
  rest = rest.substr(0, end);
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  if (goes_on) words.length = rest.size();
  if (!rest.starts_with(':')) {
    words.length = 0;
    return words;
  }
  const auto function = rest.find(':', 1);
  const auto reason = function == npos ? npos : rest.find(':', function + 1);
  if (reason == npos) {
    // "…:SSL23_GET_SERV": what is left of it tells the side.
    if (const std::string_view cut = function == npos ? "" : rest.substr(function + 1);
        cut.find('_') != npos)
      words.function = cut;
    return words;
  }
  words.function = rest.substr(function + 1, reason - function - 1);
  words.reason = rest.substr(reason + 1);
  return words;
}

bool is_translated(std::string_view reason) {
  return std::any_of(reason.begin(), reason.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Are the words of `reason` not all there, and nothing else in their place?
bool is_incomplete(const Words& words, const Reason& reason) {
  if (words.is_numbered || is_translated(words.reason)) return true;
  return words.reason.size() < reason.text.size() && reason.text.starts_with(words.reason);
}

void write_whole(const Meaning& meaning, std::string_view function, std::string& out) {
  out.append(":")
      .append(meaning.library->name)
      .append(":")
      .append(function)
      .append(":")
      .append(meaning.reason->text);
  if (meaning.reason->number >= kFirstAlert)
    out.append(":SSL alert number ").append(std::to_string(meaning.reason->number - kFirstAlert));
}

}  // namespace

bool with_openssl_reasons(std::string_view line, std::string& out) {
  constexpr std::string_view kError = "error:";
  constexpr std::size_t kDigits = 8, kLongestLine = 16384;
  line = line.substr(0, kLongestLine);
  bool is_changed = false;
  std::size_t copied = 0;
  for (auto at = line.find(kError); at != npos; at = line.find(kError, at + 1)) {
    const std::size_t code_end = at + kError.size() + kDigits;
    if (code_end > line.size()) break;
    std::uint32_t code = 0;
    const auto [end, failure] =
        std::from_chars(line.data() + code_end - kDigits, line.data() + code_end, code, 16);
    if (failure != std::errc() || end != line.data() + code_end ||
        (code_end < line.size() && is_digit(line[code_end])))
      continue;
    const Meaning meaning = meaning_of(code);
    if (meaning.reason == nullptr) continue;
    const Words words = read_words(line.substr(code_end));
    if (!is_incomplete(words, *meaning.reason)) continue;
    if (!is_changed) out.clear();
    is_changed = true;
    out.append(line.substr(copied, code_end - copied));
    write_whole(meaning, words.function, out);
    copied = code_end + words.length;
  }
  if (is_changed) out.append(line.substr(copied));
  return is_changed;
}

}  // namespace handshaked::parse
