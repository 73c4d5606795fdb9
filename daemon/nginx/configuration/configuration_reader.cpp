#include "nginx/configuration/configuration_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace handshaked::nginx {

/// A file while it is read. A block never spans files: "}" in an included file closes nothing of
/// the one that includes it.
struct ConfigurationReader::OpenFile {
  const SourceFile* source;
  const Directive* included_by;
  ConfigurationLexer lexer;
  std::size_t problems_taken = 0;
};

namespace {

/// True for OpenResty's directives whose block is Lua, not nginx: "content_by_lua_block",
/// "set_by_lua_block", …
bool is_lua_block(std::string_view directive_name) {
  return directive_name.ends_with("_by_lua_block");
}

std::string with_slash(std::string directory) {
  if (directory.empty() || directory.back() != '/') directory += '/';
  return directory;
}

std::string absolute_path(const std::string& path, const std::string& prefix) {
  if (path.starts_with('/')) return path;
  if (!prefix.empty()) return with_slash(prefix) + path;
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(path, failure);
  return failure ? path : absolute.string();
}

bool is_glob(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

}  // namespace

Result<Configuration> ConfigurationReader::read(const std::string& path,
                                                const std::string& prefix) {
  configuration_.main_path_ = absolute_path(path, prefix);
  const std::size_t slash = configuration_.main_path_.rfind('/');
  configuration_.configuration_prefix_ =
      slash == std::string::npos ? "" : configuration_.main_path_.substr(0, slash + 1);
  configuration_.prefix_ =
      prefix.empty() ? configuration_.configuration_prefix_ : with_slash(prefix);
  TRY(const SourceFile* source, source_file(configuration_.main_path_));
  configuration_.root_ = std::make_unique<Directive>();
  Directive& root = *configuration_.root_;
  root.has_block = true;
  root.file = source;
  root.line = 1;
  root.raw = root.body = {0, source->text.size()};
  open_paths_.push_back(source->path);
  OpenFile file{source, nullptr, ConfigurationLexer(source->text)};
  read_statements(file, root, 0);
  index_block(root);
  return std::move(configuration_);
}

void ConfigurationReader::report(const std::string& file, std::uint32_t line, std::string reason) {
  auto& problems = configuration_.problems_;
  if (problems.size() < limits_.problems) problems.push_back({file, line, std::move(reason)});
}

Result<const SourceFile*> ConfigurationReader::source_file(const std::string& path) {
  if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second;
  TRY(std::string text,
      source_.read(path, std::min(limits_.file_bytes, limits_.total_bytes - total_bytes_)));
  total_bytes_ += text.size();
  configuration_.files_.push_back(
      std::make_unique<const SourceFile>(SourceFile{path, std::move(text)}));
  const SourceFile* source = configuration_.files_.back().get();
  by_path_.emplace(path, source);
  return source;
}

Directive ConfigurationReader::make_directive(const OpenFile& file, Statement& statement) {
  Directive directive;
  directive.file = file.source;
  directive.included_by = file.included_by;
  directive.line = statement.line;
  directive.column = statement.column;
  directive.raw = statement.raw;
  directive.has_block = statement.ending == StatementEnd::block_start;
  if (!statement.words.empty()) {
    directive.name = std::move(statement.words.front().text);
    directive.name_raw = statement.words.front().raw;
    directive.arguments.assign(std::make_move_iterator(statement.words.begin() + 1),
                               std::make_move_iterator(statement.words.end()));
  }
  return directive;
}

void ConfigurationReader::take_problems(OpenFile& file) {
  const auto& problems = file.lexer.problems();
  for (; file.problems_taken < problems.size(); ++file.problems_taken) {
    report(file.source->path, problems[file.problems_taken].line,
           problems[file.problems_taken].reason);
  }
}

bool ConfigurationReader::read_statements(OpenFile& file, Directive& parent, std::size_t depth) {
  const bool in_block =
      depth > 0 && parent.file == file.source && parent.included_by == file.included_by;
  while (!is_full_) {
    Statement statement = file.lexer.next();
    take_problems(file);
    if (statement.ending == StatementEnd::end_of_text) {
      if (in_block)
        report(file.source->path, statement.line, "unexpected end of file, expecting \"}\"");
      return false;
    }
    if (statement.ending == StatementEnd::block_done) {
      if (in_block) return true;
      report(file.source->path, statement.line, "unexpected \"}\"");
      continue;
    }
    words_ += statement.words.size() + 1;
    if (words_ > limits_.words) {
      report(file.source->path, statement.line,
             "the configuration is too large, the rest is not read");
      is_full_ = true;
      return false;
    }
    ++configuration_.directive_count_;
    Directive& directive = parent.block.emplace_back(make_directive(file, statement));
    directive.parent = &parent;
    if (directive.has_block) {
      read_block(file, directive, depth + 1);
    } else if (directive.is("include") && directive.arguments.size() == 1) {
      read_include(directive, parent, depth);
    }
  }
  return false;
}

void ConfigurationReader::read_block(OpenFile& file, Directive& directive, std::size_t depth) {
  directive.body = {directive.raw.end, directive.raw.end};
  if (is_lua_block(directive.name)) {
    directive.is_lua = true;
    directive.body = file.lexer.skip_lua_block();
    take_problems(file);
  } else if (const std::size_t left_out = left_out_ ? left_out_(directive) : 0; left_out > 0) {
    file.lexer.skip(left_out);
    directive.body.end = file.lexer.position() - 1;
  } else if (depth > limits_.block_depth) {
    report(file.source->path, directive.line, "blocks are nested too deeply, the rest is not read");
    is_full_ = true;
  } else {
    const bool is_closed = read_statements(file, directive, depth);
    directive.body.end = file.lexer.position() - (is_closed ? 1 : 0);
    index_block(directive);
  }
  directive.raw.end = file.lexer.position();
}

void ConfigurationReader::read_include(const Directive& include, Directive& parent,
                                       std::size_t depth) {
  const std::string path = configuration_.full_path(include.argument(0), PathBase::configuration);
  if (!is_glob(path)) return read_included_file(include, path, parent, depth);
  for (const std::string& match : source_.glob(path)) {
    if (is_full_) return;
    read_included_file(include, match, parent, depth);
  }
}

void ConfigurationReader::read_included_file(const Directive& include, const std::string& path,
                                             Directive& parent, std::size_t depth) {
  const std::string& here = include.file->path;
  if (std::find(open_paths_.begin(), open_paths_.end(), path) != open_paths_.end()) {
    return report(here, include.line, "\"" + path + "\" includes itself");
  }
  if (open_paths_.size() > limits_.include_depth) {
    return report(here, include.line,
                  "\"" + path + "\" is not read: includes are nested too deeply");
  }
  if (++includes_ > limits_.includes) {
    is_full_ = true;
    return report(here, include.line, "too many files are included, the rest is not read");
  }
  const auto source = source_file(path);
  if (!source) return report(here, include.line, source.error().message());
  open_paths_.push_back(path);
  OpenFile file{source.value(), &include, ConfigurationLexer(source.value()->text)};
  read_statements(file, parent, depth);
  open_paths_.pop_back();
}

void ConfigurationReader::index_block(Directive& directive) {
  directive.by_name.reserve(directive.block.size());
  for (const Directive& child : directive.block) directive.by_name.push_back(&child);
  std::stable_sort(
      directive.by_name.begin(), directive.by_name.end(),
      [](const Directive* left, const Directive* right) { return left->name < right->name; });
}

}  // namespace handshaked::nginx
