#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nginx/configuration/configuration.h"

namespace handshaked::nginx {

/// What a text with variables can become, as far as the configuration tells.
struct Resolution {
  std::vector<std::string> values;  ///< every value that is known, without repetitions; bounded
  bool is_complete = true;          ///< `values` is all that it can ever be
  bool is_client_chosen = false;    ///< a part of it comes from the request: a stranger decides
  std::string reason;  ///< when it is not complete: which variable, and why; for people

  bool is_constant() const { return is_complete && values.size() == 1; }
};

/// True for "$x" and "${x}" in a text (ngx_http_script_variables_count).
bool has_variables(std::string_view text);
/// The names of the variables in a text, in order.
std::vector<std::string> variable_names(std::string_view text);

/// Resolves variables where constants make it possible: `set` in the place's own location and
/// server, `map`, `geo` and `split_clients` blocks, $server_name. Borrows from the Configuration;
/// immutable afterwards.
class Variables {
 public:
  explicit Variables(const Configuration& configuration);

  /// What `text` can be at `place`. `proxy_host` is what $proxy_host is there; empty when that is
  /// not known. The work is bounded; what it does not reach is not complete.
  Resolution resolve(std::string_view text, const Directive& place,
                     std::string_view proxy_host = {}) const;

 private:
  struct Question;
  /// A map, geo or split_clients block: read once, asked by many places.
  struct Table {
    Resolution constants;
    std::vector<std::string> with_variables;  ///< values that depend on other variables
  };

  Resolution expand(std::string_view text, const Question& question) const;
  Resolution value_of(const std::string& name, const Question& question) const;
  static Table read_table(const Directive& block);
  bool value_of_set(const std::string& name, const Question& question,
                    Resolution& resolution) const;

  std::unordered_map<std::string, std::vector<Table>>
      tables_;  ///< "http/variable"; two tables for one variable: either may be it
};

}  // namespace handshaked::nginx
