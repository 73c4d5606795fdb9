#include "diagnose/patch/configuration_patch.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>
#include <unordered_map>

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/patch/diff_lines.h"
#include "diagnose/patch/directive_text.h"
#include "diagnose/patch/patched_files.h"
#include "diagnose/patch/shown_lines.h"

namespace handshaked::diagnose {
namespace {

using nginx::ByteSpan;
using nginx::Configuration;
using nginx::ConfigurationFiles;
using nginx::Directive;

constexpr std::size_t kLongestComment =
    200;  // OpenSSL cuts lines at 254 bytes, and looks for "-----BEGIN" at each cut

constexpr std::size_t kLongestShown = 64 * 1024;

/// A directive of the file by where it stands: a snippet that is included twice is one.
using Position = std::pair<std::string, std::size_t>;

/// From the name to the last argument.
ByteSpan head_of(const Directive& directive) {
  return {directive.name_raw.begin, directive.arguments.empty()
                                        ? directive.name_raw.end
                                        : directive.arguments.back().raw.end};
}

/// The arguments as they shall stand; what stood between them is kept.
std::string written_arguments(const Directive& directive, const std::vector<std::string>& words) {
  std::string text;
  std::size_t at = directive.name_raw.end;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_known = i < directive.arguments.size();
    text += is_known ? raw_text(directive, {at, directive.arguments[i].raw.begin})
                     : std::string_view(" ");
    if (is_known) at = directive.arguments[i].raw.end;
    text += words[i];
  }
  return text;
}

std::string clean_comment(std::string_view comment) {
  std::string line = "# ";
  for (const char c : comment.substr(0, kLongestComment))
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80)
    line.pop_back();  // of a character that was cut
  if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0) line.pop_back();
  return line;
}

std::string with_line_ends(std::string_view text, bool is_crlf) {
  std::string result;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n' && is_crlf) result += '\r';
    result += c;
  }
  if (!result.ends_with('\n')) result += is_crlf ? "\r\n" : "\n";
  return result;
}

bool holds_key(std::string_view text) {
  return text.find("PRIVATE KEY-----") != std::string_view::npos;
}

/// A whole text for Change: PEM files are long, and say nothing to people.
std::string shown_text(const std::string& text) {
  return text.size() > kLongestShown || holds_key(text) ? std::string() : text;
}

/// Do the lines that a diff takes out and puts in hold only what may be shown?
template <class MayShow>
bool shows_only(LineUse use, std::string_view diff, const std::string& before,
                const std::string& after, const MayShow& may_show) {
  const std::vector<bool> old_lines = may_show(before, use), new_lines = may_show(after, use);
  std::size_t old_at = 0, new_at = 0;
  for (const std::string_view line : diff_lines(diff)) {
    if (line.starts_with("@@ -")) {
      // "@@ -12,3 +12,4 @@"; an empty range names the line before it.
      const auto begin_of = [&](std::size_t at) {
        const std::size_t end = line.find(' ', at), comma = line.find(',', at);
        const std::size_t begin =
            std::strtoul(std::string(line.substr(at, end - at)).c_str(), nullptr, 10);
        const bool is_empty = comma < end && line.substr(comma, end - comma) == ",0";
        return is_empty ? begin : begin - 1;
      };
      old_at = begin_of(4);
      new_at = begin_of(line.find('+') + 1);
      continue;
    }
    if (line.starts_with("--- ") || line.starts_with("+++ ") || line.starts_with('\\')) continue;
    if (line.starts_with('-') && !old_lines[old_at]) return false;
    if (line.starts_with('+') && !new_lines[new_at]) return false;
    if (!line.starts_with('+')) ++old_at;
    if (!line.starts_with('-')) ++new_at;
  }
  return true;
}

/// The blocks beside those that are around a directive, where a patch leaves them as they are: a
/// thousand locations decide nothing about one, and need not be read again with every change to it.
class OtherBlocks {
 public:
  OtherBlocks(const Directive& inner, const PatchedFiles& files) {
    std::set<Place> around;
    for (const Directive* block = inner.parent; block != nullptr && block->parent != nullptr;
         block = block->parent) {
      around.insert({block->file->path, block->raw.begin});
    }
    for (const Directive* block = inner.parent; block != nullptr; block = block->parent) {
      for (const Directive& child : block->block) {
        // A snippet that is included twice is around and beside.
        if (is_place_of_its_own(child) && !around.contains({child.file->path, child.raw.begin}))
          add(child, files);
      }
    }
  }

  std::size_t bytes_behind_brace(const Directive& block) const {
    const auto file = files_.find(block.file->path);
    if (file == files_.end() || !is_place_of_its_own(block)) return 0;
    const auto place = file->second.edits == nullptr
                           ? block.raw.begin
                           : file->second.edits->place_before(block.raw.begin);
    const auto known = place ? file->second.blocks.find(*place) : file->second.blocks.end();
    if (known == file->second.blocks.end()) return 0;
    const Directive& before = *known->second;
    const bool is_as_before =
        file->second.edits == nullptr || file->second.edits->leaves(before.raw);
    return is_as_before ? before.raw.end - before.body.begin : 0;
  }

 private:
  using Place = std::pair<std::string, std::size_t>;
  struct OneFile {
    const TextEdits* edits = nullptr;  ///< nullptr: it is not changed
    std::unordered_map<std::size_t, const Directive*> blocks;
  };

  static bool is_place_of_its_own(const Directive& block) {
    static constexpr std::string_view kPlaces[] = {"server", "location", "http", "stream", "mail"};
    return block.has_block && !block.is_lua &&
           std::find(std::begin(kPlaces), std::end(kPlaces), block.name) != std::end(kPlaces);
  }
  void add(const Directive& block, const PatchedFiles& files) {
    const auto [file, is_new] = files_.try_emplace(block.file->path);
    if (is_new) {
      const auto changed = files.changed().find(files.real_path(block.file->path));
      if (changed != files.changed().end() && changed->second.whole) {
        rewritten_.insert(block.file->path);
      } else if (changed != files.changed().end()) {
        file->second.edits = &changed->second.edits;
      }
    }
    if (!rewritten_.contains(block.file->path))
      file->second.blocks.emplace(block.raw.begin, &block);
  }

  std::unordered_map<std::string, OneFile> files_;
  std::set<std::string> rewritten_;
};

bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

}  // namespace

struct ConfigurationPatch::State {
  /// One directive whose arguments are changed, or that was added by set_directive.
  struct Placed {
    std::size_t edit = 0, change = 0;
    std::vector<std::string> words;  ///< as they shall be written
    std::string before, after;       ///< of an added one: what stands around it in the edit
  };

  State(const Configuration& read_configuration, const ConfigurationFiles& below)
      : configuration(&read_configuration), files(below) {}

  Result<PatchedFile*> open(const Directive& directive) {
    return files.open(directive.file->path, &directive.file->text);
  }
  bool is_configuration(const std::string& path) const {
    return std::any_of(configuration->files().begin(), configuration->files().end(),
                       [&](const auto& file) { return files.real_path(file->path) == path; });
  }
  Position position(const Directive& directive) const {
    return {files.real_path(directive.file->path), directive.raw.begin};
  }
  Result<> rewrite(const Directive& directive, const std::vector<std::string>& words);
  std::vector<std::string> words_of(const Directive& directive) const;
  Result<> insert(const Directive& block, std::string_view name, const std::string& statement,
                  Placed* placed);

  const Configuration* configuration;
  PatchedFiles files;
  std::vector<Change> changes;
  std::map<Position, Placed> rewritten;
  std::map<std::pair<Position, std::string>, Placed> added;  ///< by the block and the name
  std::map<Position, bool> removed;
};

std::vector<std::string> ConfigurationPatch::State::words_of(const Directive& directive) const {
  if (const auto found = rewritten.find(position(directive)); found != rewritten.end())
    return found->second.words;
  std::vector<std::string> words;
  for (const nginx::Word& word : directive.arguments)
    words.emplace_back(raw_text(directive, word.raw));
  return words;
}

Result<> ConfigurationPatch::State::rewrite(const Directive& directive,
                                            const std::vector<std::string>& words) {
  if (words == words_of(directive)) return success();
  TRY(PatchedFile* const file, open(directive));
  const ByteSpan head = head_of(directive);
  const std::string text = written_arguments(directive, words);
  const std::string ending = directive.has_block ? " {" : ";";
  const std::string after = std::string(raw_text(directive, directive.name_raw)) + text + ending;
  if (const auto found = rewritten.find(position(directive)); found != rewritten.end()) {
    file->edits.change(found->second.edit, text);
    changes[found->second.change].after = after;
    found->second.words = words;
    return success();
  }
  TRY(const std::size_t edit, file->edits.add({directive.name_raw.end, head.end}, text));
  rewritten[position(directive)] = {edit, changes.size(), words, {}, {}};
  changes.push_back({files.real_path(directive.file->path), directive.line, directive.name,
                     std::string(raw_text(directive, head)) + ending, after});
  return success();
}

Result<> ConfigurationPatch::State::insert(const Directive& block, std::string_view name,
                                           const std::string& statement, Placed* placed) {
  TRY(Insertion insertion, insertion_into(block, name, statement));
  TRY(PatchedFile* const file, open(block));
  const std::size_t at = insertion.text.find(statement);
  Placed made{0,
              changes.size(),
              {},
              insertion.text.substr(0, at),
              insertion.text.substr(at + statement.size())};
  TRY(made.edit, file->edits.add({insertion.offset, insertion.offset}, std::move(insertion.text)));
  changes.push_back(
      {files.real_path(block.file->path), insertion.line, std::string(name), {}, statement});
  if (placed != nullptr) *placed = std::move(made);
  return success();
}

ConfigurationPatch::ConfigurationPatch(const Configuration& configuration,
                                       const ConfigurationFiles& files)
    : state_(std::make_unique<State>(configuration, files)) {}
ConfigurationPatch::ConfigurationPatch(const ConfigurationPatch& other)
    : state_(std::make_unique<State>(*other.state_)) {}
ConfigurationPatch::ConfigurationPatch(ConfigurationPatch&&) noexcept = default;
ConfigurationPatch& ConfigurationPatch::operator=(ConfigurationPatch other) noexcept {
  state_ = std::move(other.state_);
  return *this;
}
ConfigurationPatch::~ConfigurationPatch() = default;

Result<> ConfigurationPatch::set_directive(const Directive& block, std::string_view name,
                                           std::span<const std::string> arguments) {
  if (block.file == nullptr)
    return fail(ErrorCode::invalid_input, "\"" + block.name + "\" stands in no file");
  const auto own = block.find(name);
  for (auto one = own.rbegin(); one != own.rend(); ++one) {
    const Directive& directive = **one;
    if (state_->removed.contains(state_->position(directive))) continue;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const bool is_known = i < directive.arguments.size();
      const bool is_same = is_known && directive.arguments[i].text == arguments[i];
      const char quote = is_known ? quote_of(directive, directive.arguments[i]) : '\0';
      TRY(std::string word, written_word(arguments[i], quote));
      words.push_back(is_same ? std::string(raw_text(directive, directive.arguments[i].raw))
                              : std::move(word));
    }
    return state_->rewrite(directive, words);
  }
  TRY(const std::string statement, written_directive(name, arguments));
  const std::pair<Position, std::string> key{state_->position(block), std::string(name)};
  if (const auto found = state_->added.find(key); found != state_->added.end()) {
    TRY(PatchedFile* const file, state_->open(block));
    file->edits.change(found->second.edit, found->second.before + statement + found->second.after);
    state_->changes[found->second.change].after = statement;
    return success();
  }
  State::Placed placed;
  TRY(state_->insert(block, name, statement, &placed));
  state_->added[key] = std::move(placed);
  return success();
}

Result<> ConfigurationPatch::add_directive(const Directive& block, std::string_view name,
                                           std::span<const std::string> arguments) {
  if (block.file == nullptr)
    return fail(ErrorCode::invalid_input, "\"" + block.name + "\" stands in no file");
  TRY(const std::string statement, written_directive(name, arguments));
  return state_->insert(block, name, statement, nullptr);
}

Result<> ConfigurationPatch::replace_argument(const Directive& directive, std::size_t index,
                                              std::string_view value) {
  std::vector<std::string> words = state_->words_of(directive);
  if (index >= words.size())
    return fail(ErrorCode::invalid_input, "\"" + directive.name + "\" has no such argument");
  const bool is_known = index < directive.arguments.size();
  TRY(words[index],
      written_word(value, is_known ? quote_of(directive, directive.arguments[index]) : '\0'));
  return state_->rewrite(directive, words);
}

Result<> ConfigurationPatch::append_argument(const Directive& directive, std::string_view value) {
  std::vector<std::string> words = state_->words_of(directive);
  TRY(std::string word, written_word(value, '\0'));
  words.push_back(std::move(word));
  return state_->rewrite(directive, words);
}

Result<> ConfigurationPatch::remove(const Directive& directive) {
  if (state_->removed.contains(state_->position(directive))) return success();
  TRY(PatchedFile* const file, state_->open(directive));
  TRY(file->edits.add(removal_of(directive), {}));
  state_->removed[state_->position(directive)] = true;
  state_->changes.push_back({state_->files.real_path(directive.file->path),
                             directive.line,
                             directive.name,
                             std::string(raw_text(directive, directive.raw)),
                             {}});
  return success();
}

Result<> ConfigurationPatch::append_pem(const std::string& path, std::string_view pem,
                                        std::string_view comment) {
  TRY(PatchedFile* const file, state_->files.open(path));
  const std::string before = file->after();
  if (!is_text(before))
    return fail(ErrorCode::invalid_input,
                "\"" + path + "\" is not text: nothing can be appended to it");
  const std::size_t feed = before.find('\n');
  const bool is_crlf = feed != std::string::npos && feed > 0 && before[feed - 1] == '\r';
  const std::string end_of_line = is_crlf ? "\r\n" : "\n";
  std::string added = before.empty() || before.ends_with('\n') ? "" : end_of_line;
  if (!comment.empty()) added += clean_comment(comment) + end_of_line;
  added += with_line_ends(pem, is_crlf);
  if (file->whole) {
    *file->whole += added;
  } else {
    const std::size_t end = file->edits.before().size();
    TRY(file->edits.add({end, end}, added));
  }
  state_->changes.push_back({state_->files.real_path(path), 0, {}, {}, std::move(added)});
  return success();
}

Result<> ConfigurationPatch::replace_file(const std::string& path, std::string text) {
  TRY(PatchedFile* const file, state_->files.open(path));
  if (!file->whole && !file->edits.is_empty())
    return fail(ErrorCode::invalid_input, "two changes to \"" + path + "\"");
  state_->changes.push_back(
      {state_->files.real_path(path), 0, {}, shown_text(file->after()), shown_text(text)});
  file->whole = std::move(text);
  return success();
}

Result<> ConfigurationPatch::create_file(const std::string& path, std::string text) {
  TRY(state_->files.create(path, text));
  state_->changes.push_back({state_->files.real_path(path), 0, {}, {}, shown_text(text)});
  return success();
}

bool ConfigurationPatch::is_empty() const {
  const auto& changed = state_->files.changed();
  return std::none_of(changed.begin(), changed.end(),
                      [](const auto& entry) { return entry.second.differs(); });
}

const ConfigurationFiles& ConfigurationPatch::files() const { return state_->files; }

Result<Configuration> ConfigurationPatch::reread() const {
  nginx::ConfigurationOptions options;
  options.prefix = state_->configuration->prefix();
  return Configuration::load(state_->configuration->main_path(), state_->files, options);
}

Result<Configuration> ConfigurationPatch::reread_around(const Directive& inner) const {
  OtherBlocks others(inner, state_->files);
  nginx::ConfigurationOptions options;
  options.prefix = state_->configuration->prefix();
  options.left_out = [&](const Directive& block) { return others.bytes_behind_brace(block); };
  return Configuration::load(state_->configuration->main_path(), state_->files, options);
}

bool ConfigurationPatch::is_same_place(const Directive& original, const Directive& reread) const {
  if (original.file->path != reread.file->path || original.name != reread.name) return false;
  const auto changed = state_->files.changed().find(state_->files.real_path(original.file->path));
  if (changed == state_->files.changed().end()) return original.raw.begin == reread.raw.begin;
  return !changed->second.whole &&
         changed->second.edits.place_before(reread.raw.begin) == original.raw.begin;
}

Result<std::string> ConfigurationPatch::unified_diff() const {
  std::string diff;
  bool holds_settings = false, holds_comments = false;
  for (const auto& [path, file] : state_->files.changed()) {
    const std::string after = file.after();
    if (!is_text(file.edits.before()) || !is_text(after))
      return fail(ErrorCode::invalid_input, "\"" + path + "\" is not text");
    const bool is_configuration = state_->is_configuration(path);
    const auto may_show = [&](const std::string& text, LineUse use) {
      return is_configuration ? shown_lines(text, use) : shown_pem_lines(text, use);
    };
    // The lines around a change must not show what else stands in the file.
    const std::string* const before = file.is_new ? nullptr : &file.edits.before();
    const std::string part = diagnose::unified_diff(
        path, before, after, may_show(file.edits.before(), LineUse::context));
    if (holds_key(part))
      return fail(ErrorCode::permission_denied,
                  "the change to \"" + path + "\" would show a private key");
    const std::string old_text = file.is_new ? std::string() : file.edits.before();
    holds_comments =
        holds_comments || !shows_only(LineUse::change, part, old_text, after, may_show);
    holds_settings =
        holds_settings || !shows_only(LineUse::commented_change, part, old_text, after, may_show);
    diff += part;
  }
  if (holds_settings) return std::string(kHoldsSettings) + diff;
  return holds_comments ? std::string(kHoldsComments) + diff : diff;
}

std::vector<Change> ConfigurationPatch::changes() const {
  std::vector<Change> real;
  std::copy_if(state_->changes.begin(), state_->changes.end(), std::back_inserter(real),
               [](const Change& change) {
                 return change.directive.empty() || change.before != change.after;
               });
  return real;
}

std::map<std::string, std::string> ConfigurationPatch::changed_files() const {
  std::map<std::string, std::string> texts;
  for (const auto& [path, file] : state_->files.changed()) {
    if (file.differs()) texts.emplace(path, file.after());
  }
  return texts;
}

}  // namespace handshaked::diagnose
