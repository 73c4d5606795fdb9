#include "cli/texts.h"

namespace handshaked::cli {

const Catalogue& config_texts() {
  static const Catalogue kTexts(
#include "cli/config/texts.ini"
  );
  return kTexts;
}

const Catalogue& document_texts() {
  static const Catalogue kTexts(
#include "cli/document/texts.ini"
  );
  return kTexts;
}

const Catalogue& explain_texts() {
  static const Catalogue kTexts(
#include "cli/explain/texts.ini"
  );
  return kTexts;
}

const Catalogue& host_texts() {
  static const Catalogue kTexts(
#include "cli/host/texts.ini"
  );
  return kTexts;
}

const Catalogue& knowledge_texts() {
  static const Catalogue kTexts(
#include "cli/knowledge/texts.ini"
  );
  return kTexts;
}

const Catalogue& log_texts() {
  static const Catalogue kTexts(
#include "cli/log/texts.ini"
  );
  return kTexts;
}

const Catalogue& operator_texts() {
  static const Catalogue kTexts(
#include "cli/operator/texts.ini"
  );
  return kTexts;
}

const Catalogue& preflight_texts() {
  static const Catalogue kTexts(
#include "cli/preflight/texts.ini"
  );
  return kTexts;
}

const Catalogue& rules_texts() {
  static const Catalogue kTexts(
#include "cli/rules/texts.ini"
  );
  return kTexts;
}

const Catalogue& watch_texts() {
  static const Catalogue kTexts(
#include "cli/watch/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::cli
