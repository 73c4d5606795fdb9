#include "diagnose/texts.h"

#include <vector>

namespace handshaked::diagnose {
namespace {

const Catalogue& of_verification() {
  static const Catalogue kTexts(
#include "diagnose/upstream/verification/texts.ini"
  );
  return kTexts;
}

}  // namespace

Text diagnosis_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text calendar_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/calendar/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text doctor_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/doctor/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text handshake_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/upstream/handshake/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text listener_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/listener/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text load_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/load/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text preflight_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/preflight/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text upstream_text(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
#include "diagnose/upstream/texts.ini"
  );
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

Text verification_text(std::string_view key, TextValues values) {
  return catalogue_text(of_verification(), key, std::span(values.begin(), values.size()));
}

Text verification_text_of_facts(std::string_view key, const SentenceFacts& facts) {
  const std::vector<NamedValue> values(facts.begin(), facts.end());
  return catalogue_text(of_verification(), key, values);
}

Text verification_text_of_cause(std::string_view group, std::string_view cause,
                                const SentenceFacts& facts) {
  const std::string key = std::string(group) + std::string(cause);
  return of_verification().has(key) ? verification_text_of_facts(key, facts) : Text{};
}

}  // namespace handshaked::diagnose
