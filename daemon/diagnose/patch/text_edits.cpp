#include "diagnose/patch/text_edits.h"

#include <algorithm>

namespace handshaked::diagnose {

Result<std::size_t> TextEdits::add(nginx::ByteSpan span, std::string replacement) {
  if (span.begin > span.end || span.end > text_->size())
    return fail(ErrorCode::invalid_input, "an edit outside of the text");
  for (const Edit& one : edits_) {
    // An insertion at either end of another edit is beside it; inside, it is lost.
    const bool is_apart = span.end <= one.span.begin || one.span.end <= span.begin;
    const bool is_same_place = span == one.span && span.size() > 0;
    if (!is_apart || is_same_place)
      return fail(ErrorCode::invalid_input, "two changes to the same text");
  }
  edits_.push_back({span, std::move(replacement)});
  return edits_.size() - 1;
}

std::vector<const TextEdits::Edit*> TextEdits::in_order() const {
  std::vector<const Edit*> ordered;
  ordered.reserve(edits_.size());
  for (const Edit& one : edits_) ordered.push_back(&one);
  // An insertion in front of a byte comes before what replaces the byte.
  std::stable_sort(ordered.begin(), ordered.end(), [](const Edit* left, const Edit* right) {
    return left->span.begin != right->span.begin ? left->span.begin < right->span.begin
                                                 : left->span.end < right->span.end;
  });
  return ordered;
}

std::optional<std::size_t> TextEdits::place_before(std::size_t place_after) const {
  std::size_t before = 0, after = 0;  // how far both texts are
  for (const Edit* const one : in_order()) {
    const std::size_t kept = one->span.begin - before;
    if (place_after < after + kept) break;
    after += kept + one->replacement.size();
    before = one->span.end;
    if (place_after < after) return std::nullopt;
  }
  return before + (place_after - after);
}

bool TextEdits::leaves(nginx::ByteSpan span) const {
  return std::all_of(edits_.begin(), edits_.end(), [&](const Edit& one) {
    return one.span.end <= span.begin || one.span.begin >= span.end;
  });
}

std::string TextEdits::after() const {
  std::string result;
  std::size_t at = 0;
  for (const Edit* const one : in_order()) {
    result.append(*text_, at, one->span.begin - at);
    result += one->replacement;
    at = one->span.end;
  }
  return result.append(*text_, at, std::string::npos);
}

}  // namespace handshaked::diagnose
