#include "base/text/catalogue.h"

#include <algorithm>

#include "base/check.h"

namespace handshaked {

Catalogue::Catalogue(std::string_view file) {
  std::string_view key;
  while (!file.empty()) {
    std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(file.size(), line.size() + 1));
    if (line.starts_with('[') && line.ends_with(']')) {
      key = line.substr(1, line.size() - 2);
    } else if (line.starts_with("en = \"") || line.starts_with("zh = \"")) {
      CHECK(!key.empty() && line.size() >= 7 && line.ends_with('"'));
      texts_[key][line.front() == 'z' ? 1 : 0] = line.substr(6, line.size() - 7);
    }
  }
}

std::string Catalogue::text_with(Language language, std::string_view key,
                                 std::span<const Value> values) const {
  const auto found = texts_.find(key);
  CHECK(found != texts_.end());
  std::string_view rest = found->second[language == Language::zh ? 1 : 0];
  std::string out;
  while (true) {
    const auto open = rest.find('{');
    out.append(rest.substr(0, open));
    if (open == std::string_view::npos) return out;
    const auto close = rest.find('}', open);
    CHECK(close != std::string_view::npos);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [name](const auto& one) { return one.first == name; });
    CHECK(value != values.end());
    out.append(value->second);
    rest.remove_prefix(close + 1);
  }
}

}  // namespace handshaked
