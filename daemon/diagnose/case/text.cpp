#include "diagnose/case/text.h"

#include <vector>

namespace handshaked::diagnose {

Text catalogue_text(const Catalogue& catalogue, std::string_view key,
                    std::span<const NamedValue> values) {
  const auto in = [&](Language language) {
    std::vector<Catalogue::Value> facts;
    facts.reserve(values.size());
    for (const auto& [name, value] : values) facts.emplace_back(name, value.in(language));
    return catalogue.text_with(language, key, facts);
  };
  return {in(Language::en), in(Language::zh)};
}

}  // namespace handshaked::diagnose
