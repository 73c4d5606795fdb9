#include "diagnose/prover/server_text.h"

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/patch/directive_text.h"

namespace handshaked::diagnose {

Result<> ServerText::add(std::string_view directive, const std::vector<std::string>& arguments) {
  TRY(const std::string statement, written_directive(directive, arguments));
  text_ += "    " + statement + "\n";
  return success();
}

Result<> ServerText::add_values(std::string_view directive, const nginx::EffectiveValue& value) {
  if (value.is_default()) return success();
  std::vector<std::string> words;
  for (const std::string_view word : value.values()) words.emplace_back(word);
  return add(directive, words);
}

Result<> ServerText::add_copied(std::string_view directive, const std::string& path,
                                std::string_view name) {
  TRY(const std::string content, files_.read(path, kMaxBundleBytes));
  TRY(directory_.write(name, content));
  return add(directive, {directory_.path(name)});
}

}  // namespace handshaked::diagnose
