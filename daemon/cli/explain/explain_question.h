#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/knowledge/knowledge_base.h"

namespace handshaked::cli {

/// What somebody wants explained, as far as it was understood.
struct Question {
  enum class Kind {
    line,           ///< an error-log line or a message
    rule,           ///< "nginx/upstream-verify-20" or "upstream-verify-20"
    cause,          ///< "upstream_chain_incomplete"
    verify_code,    ///< "20": X509_V_ERR_*
    alert,          ///< "alert 48"
    openssl_error,  ///< "0A000418", "error:0A000418:…"
    unknown,
  };
  Kind kind = Kind::unknown;
  std::string text;                   ///< what was asked, without blanks around it
  int number = 0;                     ///< verify code or alert
  const match::Rule* rule = nullptr;  ///< of the base
  std::vector<std::string> similar;   ///< unknown only: names that may have been meant
};

Question understand(std::string_view input, const KnowledgeBase& base);

}  // namespace handshaked::cli
