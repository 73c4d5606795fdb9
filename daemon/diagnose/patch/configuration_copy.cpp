#include "diagnose/patch/configuration_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <unordered_map>

#include "base/file_descriptor.h"
#include "diagnose/patch/directive_text.h"
#include "diagnose/patch/text_edits.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;
using nginx::Configuration;
using nginx::Directive;

Result<> write_private_file(const std::string& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return fail(error_from_errno(errno, path));
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(error_from_errno(errno, path));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return success();
}

/// Names of directives whose arguments are files that a patch may change or add.
bool names_tls_file(std::string_view directive) {
  for (const std::string_view part :
       {"certificate", "crl", "password_file", "dhparam", "ticket_key", "stapling_file"}) {
    if (directive.find(part) != std::string_view::npos) return true;
  }
  return false;
}

/// Edits of all files of a configuration, so that they name the copies.
class Redirection {
 public:
  Redirection(const Configuration& configuration, const nginx::ConfigurationFiles& files,
              const std::unordered_map<std::string, std::string>& copies,
              const std::unordered_map<std::string, std::string>& material,
              const std::string& pid_path)
      : configuration_(configuration),
        files_(files),
        copies_(copies),
        material_(material),
        pid_path_(pid_path) {
    for (const auto& file : configuration.files())
      edits_.emplace(file.get(), TextEdits(text_of(*file)));
  }

  Result<> redirect(const Directive& block) {
    for (const Directive& child : block.block) {
      if (child.is("include") && child.arguments.size() == 1) {
        TRY(redirect_include(child));
      } else if (child.is("pid") && block.parent == nullptr) {
        sets_pid_ = true;
        TRY(replace(child, 0, pid_path_));
      } else if (names_tls_file(child.name)) {
        TRY(redirect_files(child));
      }
      if (child.has_block && !child.is_lua) {
        TRY(redirect(child));
      }
    }
    return success();
  }

  bool sets_pid() const { return sets_pid_; }
  std::string text(const nginx::SourceFile& file) const { return edits_.at(&file).after(); }

 private:
  /// The text stays the Configuration's.
  static std::shared_ptr<const std::string> text_of(const nginx::SourceFile& file) {
    return {std::shared_ptr<const void>(), &file.text};
  }

  Result<> replace(const Directive& directive, std::size_t index, std::string_view value) {
    if (index >= directive.arguments.size()) return success();
    TRY(std::string word, written_word(value, '"'));
    return edit(directive, directive.arguments[index].raw, std::move(word));
  }

  /// A snippet that is included twice is met twice, with the same outcome.
  Result<> edit(const Directive& directive, nginx::ByteSpan span, std::string text) {
    if (!done_.emplace(directive.file, span.begin).second) return success();
    TRY(edits_.at(directive.file).add(span, std::move(text)));
    return success();
  }

  Result<> redirect_include(const Directive& include) {
    const std::string path =
        configuration_.full_path(include.argument(0), nginx::PathBase::configuration);
    const bool is_glob = path.find_first_of("*?[") != std::string::npos;
    const std::vector<std::string> paths =
        is_glob ? files_.glob(path) : std::vector<std::string>{path};
    std::string statements;
    for (const std::string& one : paths) {
      const auto copy = copies_.find(one);
      TRY(const std::string word, written_word(copy != copies_.end() ? copy->second : one, '"'));
      statements += (statements.empty() ? "include " : " include ") + word + ";";
    }
    // Line numbers must stay: what was written on several lines keeps them.
    const std::string_view raw = raw_text(include, include.raw);
    statements.append(static_cast<std::size_t>(std::count(raw.begin(), raw.end(), '\n')), '\n');
    return edit(include, include.raw, std::move(statements));
  }

  Result<> redirect_files(const Directive& directive) {
    for (std::size_t i = 0; i < directive.arguments.size(); ++i) {
      const std::string_view written = directive.argument(i);
      if (written.empty() || written.find('$') != std::string_view::npos ||
          written.find(':') != std::string_view::npos)
        continue;
      const std::string path = configuration_.full_path(written, nginx::PathBase::configuration);
      if (const auto copy = material_.find(files_.real_path(path)); copy != material_.end()) {
        TRY(replace(directive, i, copy->second));
      } else if (written.starts_with("..")) {
        TRY(replace(directive, i, path));
      }
    }
    return success();
  }

  const Configuration& configuration_;
  const nginx::ConfigurationFiles& files_;
  const std::unordered_map<std::string, std::string>&
      copies_;  ///< of configuration files, by the path that nginx opens
  const std::unordered_map<std::string, std::string>&
      material_;  ///< of changed files, by real path
  const std::string& pid_path_;
  std::unordered_map<const nginx::SourceFile*, TextEdits> edits_;
  std::set<std::pair<const nginx::SourceFile*, std::size_t>> done_;
  bool sets_pid_ = false;
};

/// Everything beside nginx.conf, so that relative names of any module find what they name.
void link_neighbours(const std::string& real_directory, const fs::path& copy_directory,
                     const std::string& main_name) {
  std::error_code failure;
  fs::directory_iterator entry(real_directory, failure);
  for (const fs::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name != main_name)
      fs::create_symlink(fs::absolute(entry->path()), copy_directory / name, ignored);
  }
}

}  // namespace

Result<ConfigurationCopy> ConfigurationCopy::create(
    const Configuration& configuration, const nginx::ConfigurationFiles& files,
    const std::map<std::string, std::string>& changed) {
  ConfigurationCopy copy;
  std::error_code no_directory;
  std::string name = (fs::temp_directory_path(no_directory) / "handshaked-trial-XXXXXX").string();
  if (no_directory || ::mkdtemp(name.data()) == nullptr)
    return fail(error_from_errno(errno, "no temporary directory " + name));
  copy.directory_ = name;
  copy.pid_path_ = name + "/nginx.pid";
  const std::string main_name = fs::path(configuration.main_path()).filename().string();
  const fs::path beside = fs::path(name) / "conf";
  copy.main_path_ = (beside / main_name).string();
  std::error_code failure;
  fs::create_directory(beside, failure);
  fs::create_directory(fs::path(name) / "files", failure);
  if (failure)
    return fail(ErrorCode::io, "cannot create " + beside.string() + ": " + failure.message());

  std::unordered_map<std::string, std::string> copies, material;
  std::size_t count = 0;
  const auto new_copy = [&](const std::string& real) {
    const std::string path =
        name + "/files/" + std::to_string(++count) + "-" + fs::path(real).filename().string();
    copy.real_paths_.emplace_back(path, real);
    return path;
  };
  for (const auto& file : configuration.files()) {
    const bool is_main = file->path == configuration.main_path();
    if (is_main) copy.real_paths_.emplace_back(copy.main_path_, file->path);
    copies.emplace(file->path, is_main ? copy.main_path_ : new_copy(file->path));
  }
  for (const auto& [path, text] : changed) {
    const std::string to = new_copy(path);
    material.emplace(path, to);
    TRY(write_private_file(to, text));
  }
  Redirection redirection(configuration, files, copies, material, copy.pid_path_);
  TRY(redirection.redirect(configuration.root()));
  for (const auto& file : configuration.files()) {
    TRY(write_private_file(copies.at(file->path), redirection.text(*file)));
  }
  copy.sets_pid_ = redirection.sets_pid();
  link_neighbours(configuration.configuration_prefix(), beside, main_name);
  copy.real_paths_.emplace_back(beside.string() + "/", configuration.configuration_prefix());
  std::sort(
      copy.real_paths_.begin(), copy.real_paths_.end(),
      [](const auto& left, const auto& right) { return left.first.size() > right.first.size(); });
  return copy;
}

ConfigurationCopy::ConfigurationCopy(ConfigurationCopy&& other) noexcept
    : directory_(std::exchange(other.directory_, {})),
      main_path_(std::move(other.main_path_)),
      pid_path_(std::move(other.pid_path_)),
      sets_pid_(other.sets_pid_),
      real_paths_(std::move(other.real_paths_)) {}

ConfigurationCopy::~ConfigurationCopy() {
  std::error_code ignored;
  if (!directory_.empty())
    fs::remove_all(directory_, ignored);  // links are removed, never followed
}

std::string ConfigurationCopy::with_real_paths(std::string text) const {
  for (const auto& [copy, real] : real_paths_) {
    for (std::size_t at = text.find(copy); at != std::string::npos;
         at = text.find(copy, at + real.size())) {
      text.replace(at, copy.size(), real);
    }
  }
  return text;
}

}  // namespace handshaked::diagnose
