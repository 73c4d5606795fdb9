#include "diagnose/upstream/verification/name_candidates.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <tuple>

#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostHints = 64;
constexpr std::size_t kMostCandidates = 24;

std::string_view first_label(std::string_view name) { return name.substr(0, name.find('.')); }
std::string_view parent_domain(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

bool is_name_byte(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '-' || byte == '_' ||
         byte == '.';
}

struct Hint {
  std::string name;
  std::string where;
};

/// What the configuration says about hosts around one place.
class Hints {
 public:
  explicit Hints(const UpstreamView& view) : view_(view) {
    add_group();
    add_headers();
    add_served_names();
    add_other_families();
    add_neighbours();
    add_comments();
  }
  const std::vector<Hint>& all() const { return hints_; }

 private:
  void add(std::string_view text, std::string where) {
    std::string name = nginx::to_lower(text);
    if (name.ends_with('.')) name.pop_back();
    if (!is_host_name(name) || hints_.size() >= kMostHints || !seen_.insert(name).second) return;
    hints_.push_back({std::move(name), std::move(where)});
  }

  void add_group() {
    if (view_.destination == nullptr) return;
    const nginx::UpstreamGroup* const group = view_.destination->group;
    if (group == nullptr)
      return add(view_.destination->address.host,
                 "the host of " + std::string(view_.target->pass->name));
    if (view_.member != nullptr)
      add(view_.member->address.host, "the server of the group " + group->name);
    for (const nginx::UpstreamServer& server : group->servers)
      add(server.address.host, "a server of the group " + group->name);
    add(group->name, "the name of the group");
  }

  void add_headers() {
    const std::vector<std::string_view> words = view_.target->settings.set_headers.values();
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
      const std::string_view host = words[i + 1].substr(0, words[i + 1].find(':'));
      if (nginx::to_lower(words[i]) == "host") add(host, "the Host header that is sent");
    }
  }

  /// Where the client's name is passed on as the upstream's, the names that the server has are the
  /// ones that are meant.
  void add_served_names() {
    const std::string_view name = view_.target->settings.name.first();
    if (name != "$host" && name != "$http_host" && name != "$server_name" &&
        name != "$ssl_server_name")
      return;
    for (const nginx::ServerName& served : view_.target->server->names.names) {
      if (served.kind == nginx::ServerName::Kind::exact)
        add(served.text, "a server_name of the server");
    }
  }

  /// proxy_ssl_name beside a grpc_pass: nginx takes it, and does not use it there.
  void add_other_families() {
    for (const std::string_view family : {"proxy", "grpc", "uwsgi"}) {
      const std::string directive = std::string(family) + "_ssl_name";
      if (family == view_.family()) continue;
      for (const nginx::Directive* const one :
           nginx::find_inherited(view_.settings_block(), directive)) {
        add(one->argument(0), directive + ", which " + view_.target->pass->name + " does not use");
      }
    }
  }

  /// Other places that lead to the same upstream.
  void add_neighbours() {
    for (const nginx::PassTarget& target : view_.nginx->passes.targets()) {
      if (&target == view_.target || !leads_to_same(target)) continue;
      add(target.settings.name.first(),
          std::string(target.settings.name.directive) + " of another place for the same upstream");
    }
    add(view_.target->settings.name.first(), std::string(view_.target->settings.name.directive));
  }
  bool leads_to_same(const nginx::PassTarget& target) const {
    return view_.destination != nullptr &&
           std::any_of(
               target.destinations.begin(), target.destinations.end(),
               [&](const nginx::Destination& other) {
                 return other.group == view_.destination->group &&
                        (other.group != nullptr ||
                         nginx::is_same_endpoint(other.address, view_.destination->address));
               });
  }

  /// Words of comments in the group's block and in the place's own.
  void add_comments() {
    if (view_.destination != nullptr && view_.destination->group != nullptr)
      add_comments_of(*view_.destination->group->directive);
    add_comments_of(view_.settings_block());
  }
  void add_comments_of(const nginx::Directive& block) {
    std::string_view text = nginx::raw_text(block, block.raw);
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at)) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::size_t word = at;
      while (word < end) {
        while (word < end && !is_name_byte(text[word])) ++word;
        std::size_t stop = word;
        while (stop < end && is_name_byte(text[stop])) ++stop;
        add(text.substr(word, stop - word), "a comment in " + nginx::describe_block(block));
        word = stop;
      }
      at = end;
    }
  }

  const UpstreamView& view_;
  std::vector<Hint> hints_;
  std::set<std::string> seen_;
};

/// The names a leaf is good for; without DNS names nginx looks at the common name.
std::vector<std::string> names_of(const CertificateFacts& leaf) {
  std::vector<std::string> names;
  for (const std::string& name : leaf.dns_names) names.push_back(nginx::to_lower(name));
  if (names.empty() && leaf.names_left_out == 0) names.push_back(nginx::to_lower(leaf.common_name));
  return names;
}

bool covers(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  return pattern.starts_with("*.") && parent_domain(name) == pattern.substr(2) &&
         !first_label(name).empty();
}

/// The host of "https://api.example.com/"; empty for what is no URL.
std::string host_of_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = text.substr(scheme + 3);
  return std::string(rest.substr(0, rest.find_first_of("/:?#")));
}

class Candidates {
 public:
  Candidates(const UpstreamView& view, const UpstreamVerdict& verdict)
      : view_(view), configured_(nginx::to_lower(verdict.name.verified)) {
    if (const CertificateFacts* const leaf = verdict.leaf()) {
      names_ = names_of(*leaf);
      common_name_ = nginx::to_lower(leaf->common_name);
      const nginx::Address* const address = view.address();
      const std::string host = address != nullptr ? address->host : std::string();
      names_this_address_ = std::find(leaf->ip_addresses.begin(), leaf->ip_addresses.end(), host) !=
                            leaf->ip_addresses.end();
    }
    for (const nginx::ServerName& name : view.target->server->names.names) {
      if (name.kind == nginx::ServerName::Kind::exact) served_.push_back(name.text);
    }
  }

  std::vector<NameCandidate> find() {
    const Hints hints(view_);
    for (const Hint& hint : hints.all()) {
      if (hint.name != configured_)
        add({hint.name, NameSupport::configured, hint.where, is_covered(hint.name), true});
    }
    const std::string host = host_of_url(view_.target->settings.name.first());
    if (is_host_name(host))
      add({host, NameSupport::configured, "the URL that stands for a name", is_covered(host),
           true});
    names_another_host_ = is_host_name(configured_) || is_host_name(host) || !hints.all().empty();
    for (const std::string& name : names_) {
      if (name.starts_with("*.")) add_below(name);
      else if (is_host_name(name))
        add({name, support_of(name), "the certificate", true, is_meant(name)});
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [this](const NameCandidate& left, const NameCandidate& right) {
                       return order(left) < order(right);
                     });
    if (found_.size() > kMostCandidates) found_.resize(kMostCandidates);
    return std::move(found_);
  }

 private:
  std::tuple<bool, NameSupport, std::size_t> order(const NameCandidate& one) const {
    return {!one.is_covered, one.support, edit_distance(one.name, configured_)};
  }
  bool is_covered(const std::string& name) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& pattern) { return covers(pattern, name); });
  }
  void add(NameCandidate candidate) {
    for (NameCandidate& other : found_) {
      if (other.name != candidate.name) continue;
      if (candidate.support < other.support) other = std::move(candidate);
      return;
    }
    found_.push_back(std::move(candidate));
  }
  NameSupport support_of(const std::string& name) const {
    if (is_near(name, configured_)) return NameSupport::near_miss;
    const bool is_neighbour =
        std::any_of(served_.begin(), served_.end(), [&](const std::string& served) {
          return parent_domain(served) == parent_domain(name) &&
                 parent_domain(name).find('.') != std::string_view::npos;
        });
    if (is_neighbour && names_.size() == 1) return NameSupport::same_domain;
    return names_.size() == 1 ? NameSupport::only_name : NameSupport::one_of_many;
  }
  /// A name of the certificate. Where the configuration names a host, a slip of the pen or another
  /// name of a certificate that is that host's by its common name; where it names none (an address,
  /// the name of a group), the only one that the certificate has, unless the configuration leads
  /// somewhere else for that name. A certificate that names the very address that nginx connects to
  /// is that host's.
  bool is_meant(const std::string& name) const {
    if (is_host_name(configured_) &&
        (is_misspelling(name, configured_) || common_name_ == configured_))
      return true;
    return !names_another_host_ && (names_.size() == 1 || names_this_address_) &&
           !is_named_elsewhere(name);
  }
  bool is_named_elsewhere(const std::string& name) const {
    for (const nginx::PassTarget& target : view_.nginx->passes.targets()) {
      const bool is_other = &target != view_.target;
      if (is_other && nginx::to_lower(target.settings.name.first()) == name) return true;
      for (const nginx::Destination& destination : target.destinations) {
        if (is_other && destination.group == nullptr &&
            nginx::to_lower(destination.address.host) == name)
          return true;
      }
    }
    const auto& groups = view_.nginx->passes.groups().all();
    return std::any_of(groups.begin(), groups.end(), [&](const nginx::UpstreamGroup& group) {
      return nginx::to_lower(group.name) == name ||
             std::any_of(group.servers.begin(), group.servers.end(),
                         [&](const nginx::UpstreamServer& server) {
                           return nginx::to_lower(server.address.host) == name;
                         });
    });
  }
  /// A concrete name that a wildcard covers: from the configured one, cut to one label, or with its
  /// first label put in front.
  void add_below(const std::string& wildcard) {
    const std::string suffix = wildcard.substr(1);
    if (is_below_wildcard(configured_, wildcard)) {
      const std::string_view rest =
          std::string_view(configured_).substr(0, configured_.size() - suffix.size());
      const std::size_t dot = rest.rfind('.');
      return add({std::string(rest.substr(dot + 1)) + suffix, NameSupport::near_miss,
                  "the certificate's " + wildcard, true, false});
    }
    const std::string label(first_label(configured_));
    const bool is_label =
        !label.empty() &&
        label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos &&
        label.find_first_not_of("0123456789") != std::string::npos;
    if (!is_label) return;
    const bool is_slip = is_misspelling(label + suffix, configured_);
    add({label + suffix, is_slip ? NameSupport::near_miss : NameSupport::one_of_many,
         "the certificate's " + wildcard, true, is_slip});
  }

  const UpstreamView& view_;
  std::string configured_;
  std::string common_name_;
  bool names_another_host_ = false;
  bool names_this_address_ = false;
  std::vector<std::string> names_;
  std::vector<std::string> served_;
  std::vector<NameCandidate> found_;
};

std::string sorted_letters(std::string_view label) {
  std::string letters(label);
  std::sort(letters.begin(), letters.end());
  return letters;
}

/// Short names of hosts are often but a letter apart, and are two hosts: "api" and "app", "main"
/// and "mail". Only letters that changed places are a slip there.
bool is_misspelt_label(std::string_view left, std::string_view right, bool is_host) {
  constexpr std::size_t kLongEnough = 6;
  const auto has_digit = [](std::string_view label) {
    return label.find_first_of("0123456789") != std::string_view::npos;
  };
  if (edit_distance(left, right) != 1 || has_digit(left) != has_digit(right)) return false;
  if (has_digit(left) || std::min(left.size(), right.size()) < 3) return false;
  return !is_host || std::min(left.size(), right.size()) >= kLongEnough ||
         sorted_letters(left) == sorted_letters(right);
}

}  // namespace

bool is_host_name(std::string_view name) {
  if (name.size() > 253 || name.find('.') == std::string_view::npos || name.front() == '.' ||
      name.back() == '.')
    return false;
  if (!std::all_of(name.begin(), name.end(), is_name_byte) ||
      name.find("..") != std::string_view::npos)
    return false;
  const std::string_view last = name.substr(name.rfind('.') + 1);
  static const std::set<std::string_view> kFiles{"conf", "pem", "crt", "key", "html", "sock",
                                                 "log",  "cer", "der", "txt", "csr",  "php"};
  if (kFiles.contains(last)) return false;
  return last.size() >= 2 && std::all_of(last.begin(), last.end(), [](unsigned char byte) {
           return std::isalpha(byte) || byte == '-';
         });
}

bool is_near(std::string_view left, std::string_view right) {
  if (!is_host_name(left) || !is_host_name(right)) return false;
  if (edit_distance(left, right) <= 2 && std::min(left.size(), right.size()) >= 6) return true;
  if (parent_domain(left) == right || parent_domain(right) == left) return true;
  const std::string_view a = first_label(left);
  const std::string_view b = first_label(right);
  if (parent_domain(left) == parent_domain(right))
    return a.size() >= 2 && b.size() >= 2 && (a.starts_with(b) || b.starts_with(a));
  return a == b && parent_domain(left).substr(0, parent_domain(left).rfind('.')) ==
                       parent_domain(right).substr(0, parent_domain(right).rfind('.'));
}

bool is_misspelling(std::string_view left, std::string_view right) {
  if (!is_host_name(left) || !is_host_name(right) ||
      std::count(left.begin(), left.end(), '.') != std::count(right.begin(), right.end(), '.'))
    return false;
  std::size_t slips = 0;
  for (bool is_first = true; !left.empty(); is_first = false) {
    const std::string_view a = first_label(left);
    const std::string_view b = first_label(right);
    if (a != b && (++slips > 1 || !is_misspelt_label(a, b, is_first))) return false;
    left = parent_domain(left);
    right = parent_domain(right);
  }
  return slips == 1;
}

bool is_below_wildcard(std::string_view name, std::string_view wildcard) {
  if (!wildcard.starts_with("*.") || name.size() <= wildcard.size()) return false;
  const std::string_view suffix = wildcard.substr(1);
  if (!name.ends_with(suffix)) return false;
  return name.substr(0, name.size() - suffix.size()).find('.') != std::string_view::npos;
}

Text where_text(const NameCandidate& candidate) {
  constexpr std::string_view kCertificate = "the certificate", kIn = "the certificate's ";
  const std::string& where = candidate.where;
  if (where == kCertificate) return verification_text("name.certificate");
  if (where.starts_with(kIn))
    return verification_text("name.in_certificate", {{"field", where.substr(kIn.size())}});
  return {where, where};  // a place in the configuration
}

Text not_meant(const std::string& name) {
  return verification_text("name.not_meant", {{"name", name}});
}

std::vector<NameCandidate> name_candidates(UpstreamCase& upstream, const UpstreamVerdict& verdict) {
  return Candidates(upstream.view(), verdict).find();
}

}  // namespace handshaked::diagnose
