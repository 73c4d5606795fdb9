#include "cli/rules/checks/entry_texts.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace handshaked::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::array<std::string_view, 9> kTranslated{"signature", "root_cause",  "tell_apart",
                                                      "action",    "how",         "why_fails",
                                                      "condition", "distinction", "meaning"};
/// Where engineers keep their own things; a reader has none of them.
constexpr std::array<std::string_view, 5> kOwnPaths{"../", "/home/", "/root/", "/Users/",
                                                    "C:\\Users"};

std::string_view text_of(object from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

class TextReview {
 public:
  std::vector<EntryComplaint> complaints;

  void review(element value, const std::string& pointer) {
    object members;
    simdjson::dom::array items;
    if (value.get(members) == simdjson::SUCCESS) {
      review_object(members, pointer);
    } else if (value.get(items) == simdjson::SUCCESS) {
      std::size_t index = 0;
      for (const element item : items) review(item, pointer + "/" + std::to_string(index++));
    } else if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
      review_text(text, pointer);
    }
  }

 private:
  void add(std::string pointer, std::string reason) {
    complaints.push_back({std::move(pointer), std::move(reason)});
  }

  void review_object(object members, const std::string& pointer) {
    for (const auto& [name, value] : members) {
      const std::string key(name);
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) review_member(members, key, text, pointer);
      // Samples are what somebody's nginx wrote.
      if (key != "samples" && key != "near_misses") review(value, pointer + "/" + key);
    }
    std::int64_t evidence = 0;
    simdjson::dom::array sources;
    if (members["evidence_count"].get(evidence) == simdjson::SUCCESS && evidence > 0 &&
        members["sources"].get(sources) == simdjson::SUCCESS && sources.size() == 0) {
      add(pointer + "/evidence_count", "claims evidence, but names no source");
    }
  }

  void review_member(object members, const std::string& key, std::string_view text,
                     const std::string& pointer) {
    if (key == "official_doc_url" && !is_sound_link(text))
      add(pointer + "/" + key, "\"" + std::string(text) + "\" is not a valid link");
    if (key == "action" && text.empty())
      add(pointer + "/" + key, "is empty: nobody learns what to do, or not to try");
    if (std::find(kTranslated.begin(), kTranslated.end(), key) != kTranslated.end() &&
        !text.empty() && text_of(members, key + "_zh").empty()) {
      add(pointer + "/" + key, "lacks its translation, \"" + key + "_zh\"");
    }
    if (!key.ends_with("_zh") || text.empty() || holds_chinese(text)) return;
    // A command is the same in every language.
    if (key == "how_zh" && text == text_of(members, "how")) return;
    add(pointer + "/" + key, "holds no Chinese");
  }

  void review_text(std::string_view text, const std::string& pointer) {
    const auto slash = pointer.rfind('/', pointer.rfind('/') - 1);
    const bool is_source = slash != std::string::npos &&
                           std::string_view(pointer).substr(slash).starts_with("/sources/");
    if (is_source && text.starts_with("http") && !is_sound_link(text))
      add(pointer, "\"" + std::string(text) + "\" is not a valid link");
    for (const std::string_view path : kOwnPaths) {
      if (text.find(path) != std::string_view::npos)
        add(pointer, "names \"" + std::string(path) + "\", which readers do not have");
    }
  }
};

}  // namespace

bool is_sound_link(std::string_view url) {
  if (url.starts_with("https://")) url.remove_prefix(8);
  else if (url.starts_with("http://")) url.remove_prefix(7);
  else return false;
  const std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (host.find('.') == std::string_view::npos || host.starts_with('.') || host.ends_with('.'))
    return false;
  const auto is_plain = [](char c) {
    return c > ' ' && c < '\x7f' &&
           std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  };
  if (!std::all_of(url.begin(), url.end(), is_plain)) return false;
  const auto hash = url.find('#');
  if (hash == std::string_view::npos) return true;
  const std::string_view anchor = url.substr(hash + 1);
  return !anchor.empty() && anchor.find('#') == std::string_view::npos &&
         anchor.find('/') == std::string_view::npos;
}

bool holds_chinese(std::string_view text) {
  // U+3000…U+9FFF and U+FF00…U+FFEF begin with these bytes in UTF-8.
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0xE3 && byte <= 0xE9) || byte == 0xEF;
  });
}

std::vector<EntryComplaint> complaints_about_texts(std::string_view entry_json) {
  TextReview review;
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(entry_json.data(), entry_json.size()).get(root) == simdjson::SUCCESS)
    review.review(root, "");
  return std::move(review.complaints);
}

}  // namespace handshaked::cli
