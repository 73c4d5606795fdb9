#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "base/result.h"
#include "match/rule.h"
#include "match/rule_file.h"
#include "match/text_memo.h"

namespace handshaked::match {

/// What to do about a fault. `{family}` in `action` and `how` stands for proxy, grpc or uwsgi.
struct Workaround {
  std::string id;
  std::string owner;  ///< proxy, upstream, client, ca, network; empty when the entry does not say
  std::string action, how, condition;
  double success_rate = 0;
  long evidence_count = 0;
  std::vector<std::string> sources;
};

/// What is tried in vain.
struct DeadEnd {
  std::string action, why_fails, condition;
  double fail_rate = 0;
  bool unsafe = false;  ///< it seems to work because a protection is off
  std::vector<std::string> sources;
};

/// What a rule or a cause says to people, in one language.
struct Advice {
  std::string meaning;  ///< causes only: one sentence
  std::string root_cause;
  std::string owner;  ///< causes only
  std::vector<Workaround> workarounds;
  std::vector<DeadEnd> dead_ends;
};

/// The texts of the knowledge base: rules carry theirs with them, causes are read from
/// `rules/causes/`. Immutable, but for the memo.
class Knowledge {
 public:
  /// Reads `<directory>/causes/*.json`. A missing folder is an empty one: dropped-in entries carry
  /// their advice themselves.
  static Knowledge load(const std::string& directory, std::vector<RuleProblem>& problems);

  bool has_cause(std::string_view cause) const { return causes_.find(cause) != causes_.end(); }
  /// nullopt for an unknown cause.
  std::optional<Advice> about_cause(std::string_view cause, Language language) const;
  std::vector<std::string> causes() const;
  /// The file of a cause as it was written; empty for an unknown one.
  std::string_view json_of_cause(std::string_view cause) const;

  /// The advice of a rule itself, as its file has it.
  static Advice about_rule(const Rule& rule, Language language);

  /// What to tell somebody who has only the line: the workarounds of the candidate causes,
  /// likeliest first, each once, then the rule's own; the same for dead ends. `scheme` ("https",
  /// "grpcs", "suwsgi", empty) decides what {family} becomes.
  Advice about_line(const Rule& rule, std::string_view scheme, Language language) const;

  /// For texts made from this knowledge: they are forgotten with it. Copies share it.
  TextMemo& memo() const { return *memo_; }

 private:
  std::map<std::string, std::string, std::less<>> causes_;  ///< slug -> the JSON of its file
  std::shared_ptr<TextMemo> memo_ = std::make_shared<TextMemo>();
};

/// In place of a scheme where clients are refused: ssl_crl, ssl_verify_client,
/// ssl_client_certificate.
inline constexpr std::string_view kListenerDirectives = "listener";
/// What decides the family of directives: the rule, where a script opened the connection or a
/// client did, else the upstream's scheme.
std::string_view directives_of(const Rule& rule, std::string_view upstream_scheme);

/// Puts the family of directives in for every {family}.
std::string with_family(std::string text, std::string_view upstream_scheme);

/// proxy for https and stream, grpc for grpcs, uwsgi for suwsgi. Rules about what scripts open name
/// their family in place of a scheme (Rule::directives): lua for "lua_ssl", js_fetch for
/// "js_fetch", whose directives lack the "ssl".
std::string_view directive_family(std::string_view upstream_scheme);

/// Does a text, filled in, name a directive that this family does not have? Scripts take the name,
/// and whether to verify, as arguments.
bool names_missing_directive(std::string_view text, std::string_view upstream_scheme);

}  // namespace handshaked::match
