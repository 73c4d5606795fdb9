#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diagnose/prover/private_instance.h"
#include "nginx/configuration/configuration_file.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {

/// The directives of a private instance's one server, written line by line: what a server of http and one of stream have in common. Borrows
/// the instance and the files.
class ServerText {
 public:
  ServerText(const PrivateInstance& instance, const nginx::ConfigurationFiles& files) : instance_(instance), files_(files) {}

  const PrivateInstance& instance() const { return instance_; }
  /// invalid_input for what no configuration can say.
  Result<> add(std::string_view directive, const std::vector<std::string>& arguments);
  /// What is a default stays one: this nginx has its own.
  Result<> add_values(std::string_view directive, const nginx::EffectiveValue& value);
  /// Names a copy, called so in the instance's directory, of a file as it is seen through the patch.
  Result<> add_copied(std::string_view directive, const std::string& path, std::string_view name);

  std::string take() { return std::move(text_); }

 private:
  const PrivateInstance& instance_;
  const nginx::ConfigurationFiles& files_;
  std::string text_;
};

}  // namespace handshaked::diagnose
