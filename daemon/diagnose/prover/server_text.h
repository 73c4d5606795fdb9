#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diagnose/prover/private_directory.h"
#include "nginx/configuration/configuration_file.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {

/// The directives of one server of a private nginx, written line by line: what a server of http and
/// one of stream have in common. Its files are in a directory of its own. Borrows the directory and
/// the files.
class ServerText {
 public:
  ServerText(const PrivateDirectory& directory, const nginx::ConfigurationFiles& files)
      : directory_(directory), files_(files) {}

  const PrivateDirectory& directory() const { return directory_; }
  /// invalid_input for what no configuration can say.
  Result<> add(std::string_view directive, const std::vector<std::string>& arguments);
  /// What is a default stays one: this nginx has its own.
  Result<> add_values(std::string_view directive, const nginx::EffectiveValue& value);
  /// Names a copy, called so in the directory, of a file as it is seen through the patch.
  Result<> add_copied(std::string_view directive, const std::string& path, std::string_view name);

  /// "server { … }".
  std::string take() { return "  server {\n" + std::move(text_) + "  }\n"; }

 private:
  const PrivateDirectory& directory_;
  const nginx::ConfigurationFiles& files_;
  std::string text_;
};

}  // namespace handshaked::diagnose
