#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/versioned_defaults.h"

namespace handshaked::nginx {

/// The value of a directive that governs one place, and who says so. Borrows from the
/// Configuration.
struct EffectiveValue {
  std::string_view directive;  ///< "proxy_ssl_verify"; empty when the module has no such directive
  std::span<const Directive* const>
      set_by;  ///< of one level, in order; one, except for lists; empty: the default
  DefaultValue default_value;

  bool is_default() const { return set_by.empty(); }
  /// The arguments of all of `set_by` in order, or the words of the default.
  std::vector<std::string_view> values() const;
  /// The first of values(); empty when there is none.
  std::string_view first() const;
  bool is_on() const { return first() == "on"; }
  /// The block whose own directive it is; nullptr for a default.
  const Directive* level() const { return set_by.empty() ? nullptr : set_by.front()->parent; }
  const std::string& file() const;  ///< empty for a default
  std::uint32_t line() const { return set_by.empty() ? 0 : set_by.front()->line; }
};

/// What governs `block`: the directives of that name in the innermost level that has any (block
/// itself, then its parents up to http, stream or mail). A level that has one hides all of an outer
/// level: lists are never joined (ngx_conf_merge_*_value). The main level is not searched; nginx
/// allows none of these directives there.
std::span<const Directive* const> find_inherited(const Directive& block,
                                                 std::string_view directive);

EffectiveValue effective_value(const Directive& block, Module module, UpstreamSetting setting,
                               NginxVersion version);
EffectiveValue effective_value(const Directive& block, Module module, ListenerSetting setting,
                               NginxVersion version);

/// The nearest block of that name around a directive, itself included; nullptr when there is none.
const Directive* enclosing(const Directive& directive, std::string_view block_name);

/// A block by its first line: "location /a", "if ($x = 1)".
std::string describe_block(const Directive& block);

}  // namespace handshaked::nginx
