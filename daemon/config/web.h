#pragma once

#include <string>
#include <vector>

namespace handshaked::config {

/// [web]: metrics, health and the page of live incidents.
struct Web {
  /// As net/endpoint.h has it. The port lies in the range that Prometheus' exporters use by custom,
  /// 9100 to 9999.
  std::string listen = "http://127.0.0.1:9433";  ///< empty: none
  bool is_explicit = false;                      ///< the configuration names it: then it must open
  /// Who is shown the incidents: the page and everything else but metrics and health.
  enum class Page {
    nobody,     ///< the default where other hosts can reach the address
    operators,  ///< the default elsewhere: who may use the control socket too, by the kernel's word
    everybody   ///< who reaches the address
  };
  Page page = Page::operators;
  std::string url = {};  ///< where people open the page, with a slash at its end: for links in
                         ///< messages; empty: none
  std::vector<std::string> hosts;  ///< names, beside this host's own, that browsers may call us by

  bool operator==(const Web&) const = default;
};

}  // namespace handshaked::config
