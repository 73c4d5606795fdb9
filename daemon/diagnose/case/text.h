#pragma once

#include <string>

#include "base/language.h"

namespace handshaked::diagnose {

/// A sentence for people, in every language that we speak. Facts (names, numbers, paths) stand in both alike.
struct Text {
  std::string en;
  std::string zh;

  const std::string& in(Language language) const { return language == Language::zh && !zh.empty() ? zh : en; }
  bool empty() const { return en.empty(); }
  bool operator==(const Text&) const = default;
};

}  // namespace handshaked::diagnose
