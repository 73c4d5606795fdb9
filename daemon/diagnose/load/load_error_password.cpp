// Pass phrases: keys that are encrypted, and the files that should open them.
#include <algorithm>

#include "diagnose/case/fitting_certificate.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/patch/directive_text.h"
#include "diagnose/texts.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostPasswordBytes = 4096;  // nginx takes no longer lines

/// "proxy_ssl_password_file" of "proxy_ssl_certificate_key" and "password_file".
std::string sibling_of(const nginx::Directive& directive, std::string_view word) {
  return std::string(family_of(directive.name)).append(word);
}

enum class Opening : std::uint8_t { none, as_written, without_blanks };

std::string without_blanks(const std::string& word) {
  const std::size_t begin = word.find_first_not_of(" \t");
  return begin == std::string::npos
             ? std::string()
             : word.substr(begin, word.find_last_not_of(" \t\r") + 1 - begin);
}

/// Does a line of the file open the key? nginx takes a line as it is, but for the end of it.
Opening opening_of(LocalCase& local, const std::string& key, const std::string& password_file) {
  auto text = local.files().read(password_file, kMostPasswordBytes);
  if (!text) return Opening::none;
  auto pem = local.files().read(key, kLargestKeyFile);
  if (!pem) {
    wipe(text.value());
    return Opening::none;
  }
  const auto opens = [&](const std::string& word) {
    return !word.empty() &&
           read_private_key(pem.value(), word).state == PrivateKeyFacts::State::readable;
  };
  Opening found = Opening::none;
  for (std::size_t at = 0; at < text.value().size() && found != Opening::as_written;) {
    const std::size_t end = std::min(text.value().find('\n', at), text.value().size());
    std::string word = text.value().substr(at, end - at);
    if (word.ends_with('\r')) word.pop_back();
    std::string bare = without_blanks(word);
    if (opens(word)) found = Opening::as_written;
    else if (bare != word && opens(bare)) found = Opening::without_blanks;
    wipe(word);
    wipe(bare);
    at = end + 1;
  }
  wipe(text.value());
  wipe(pem.value());
  return found;
}

/// Files that may hold pass phrases: the configured ones, and those near a file whose name says so.
std::vector<std::string> password_candidates(LocalCase& local, const std::string& near_path) {
  std::vector<std::string> candidates;
  for (const ConfiguredFile& other : configured_files(local.configuration())) {
    if (other.role == FileRole::password && !other.is_dynamic && other.path != near_path)
      candidates.push_back(other.path);
  }
  for (std::string& near : files_beside(local.files(), {near_path})) {
    const std::string name = nginx::to_lower(near.substr(near.rfind('/') + 1));
    const bool may_be =
        name.find("pass") != std::string::npos || name.ends_with(".pw") || name.ends_with(".pwd");
    if (may_be && near != near_path) candidates.push_back(std::move(near));
  }
  return candidates;
}

bool propose_password_file(LocalCase& local, const ConfiguredFile& key) {
  if (!local.surroundings().may_read_keys) return false;
  for (const std::string& path : password_candidates(local, key.path)) {
    if (local.is_late() || opening_of(local, key.path, path) != Opening::as_written) continue;
    Fix fix = local.known("password-file");
    fix.title = load_text("password.use_file", {{"file", path}});
    ConfigurationPatch patch = local.new_patch();
    const std::string written = written_path(local, path, !key.written().starts_with("/"));
    const auto done =
        patch.set_directive(*key.directive->parent, sibling_of(*key.directive, "password_file"),
                            std::span(&written, 1));
    local.propose(std::move(fix), changed_patch(patch, done));
    return true;
  }
  return false;
}

/// A line of the named file would open the key without the blanks around it. The text is a secret:
/// no patch shows it.
bool propose_stripping(LocalCase& local, const ConfiguredFile& key) {
  const auto named =
      nginx::find_inherited(*key.directive->parent, sibling_of(*key.directive, "password_file"));
  if (named.empty() || !local.surroundings().may_read_keys) return false;
  const std::string path =
      local.configuration().full_path(named.front()->argument(0), nginx::PathBase::configuration);
  if (opening_of(local, key.path, path) != Opening::without_blanks) return false;
  local.add_evidence("file", load_text("password.has_blanks", {{"file", path}}));
  Fix fix = local.known("strip-cr");
  fix.commands = {"sed -i 's/^[[:blank:]]*//; s/[[:space:]]*$//' " + shell_word(path), kReload};
  local.propose(std::move(fix));
  return true;
}

/// Keys that are opened with the file that a directive names; also such that only a request names.
std::vector<ConfiguredFile> keys_of_password_file(const LocalCase& local,
                                                  const ConfiguredFile& password) {
  std::vector<ConfiguredFile> keys;
  for (const ConfiguredFile& file : configured_files(local.configuration())) {
    if (file.role != FileRole::key || file.directive->parent == nullptr) continue;
    if (file.directive->name != sibling_of(*password.directive, "certificate_key")) continue;
    const auto named = nginx::find_inherited(*file.directive->parent, password.directive->name);
    if (!named.empty() && named.front() == password.directive) keys.push_back(file);
  }
  return keys;
}

/// Another file that opens all of them takes the place of the one that nginx cannot read; without
/// any encrypted key none is needed.
bool propose_other_password_file(LocalCase& local, const ConfiguredFile& password) {
  if (!local.surroundings().may_read_keys) return false;
  std::vector<ConfiguredFile> keys = keys_of_password_file(local, password);
  const bool is_known = std::all_of(keys.begin(), keys.end(), [&](const ConfiguredFile& key) {
    return !key.is_dynamic &&
           read_key_file(local.files(), key.path).state != PrivateKeyFacts::State::no_key;
  });
  std::erase_if(keys, [&](const ConfiguredFile& key) {
    return read_key_file(local.files(), key.path).state == PrivateKeyFacts::State::readable;
  });
  Fix fix = local.known("write-password-file");
  ConfigurationPatch patch = local.new_patch();
  if (keys.empty() && is_known) {
    fix.title = load_text("password.remove", {{"place", where(*password.directive)}});
    local.propose(std::move(fix), changed_patch(patch, patch.remove(*password.directive)));
    return true;
  }
  for (const std::string& path : password_candidates(local, password.path)) {
    const bool opens_all =
        !keys.empty() && std::all_of(keys.begin(), keys.end(), [&](const ConfiguredFile& key) {
          return opening_of(local, key.path, path) == Opening::as_written;
        });
    if (!opens_all || local.is_late()) continue;
    fix.title = load_text("password.use_file_for_all", {{"file", path}});
    const auto done = patch.replace_argument(
        *password.directive, 0, written_path(local, path, !password.written().starts_with("/")));
    local.propose(std::move(fix), changed_patch(patch, done));
    return true;
  }
  return false;
}

}  // namespace

void diagnose_encrypted_key(LocalCase& local, const LoadError& error, const ConfiguredFile& file) {
  const bool is_wrong = error.says("bad decrypt") || error.says("maybe wrong password") ||
                        error.says("mac verify failure");
  local.conclude(is_wrong ? "config_key_wrong_passphrase" : "config_key_encrypted", 0.95,
                 is_wrong ? load_text("password.none_fits", {{"file", file.path}})
                          : load_text("password.none_configured",
                                      {{"file", file.path}, {"place", where(*file.directive)}}));
  const bool is_proposed = propose_password_file(local, file);
  const std::string path = shell_word(file.path);
  if (is_wrong) {
    propose_stripping(local, file);
    Fix fix = local.known("right-passphrase");
    fix.commands = {"openssl pkey -in " + path +
                        " -noout   # asks for the pass phrase: is it the one of the file?",
                    kReload};
    local.propose(std::move(fix));
  } else if (!is_proposed) {
    const std::string pass = shell_word(directory_of(file.path) + "pass");
    Fix fix = local.known("password-file");
    fix.commands = {"umask 077; cat > " + pass + "   # type the pass phrase, end with Ctrl-D",
                    "# beside " + where(*file.directive) + ": " +
                        sibling_of(*file.directive, "password_file") + " " + pass + ";",
                    kReload};
    local.propose(std::move(fix));
  }
  Fix plain = local.known("decrypt-key");
  plain.commands = {
      "umask 077; openssl pkey -in " + path + " -out " + shell_word(file.path + ".plain"),
      "mv " + shell_word(file.path + ".plain") + " " + path, kReload};
  local.propose(std::move(plain));
}

void diagnose_password_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                            bool is_gone) {
  const bool is_long = error.head.starts_with("too long line");
  local.conclude("config_password_file_invalid", 0.95,
                 load_text(is_gone   ? "password.file_gone"
                           : is_long ? "password.line_too_long"
                                     : "password.unreadable",
                           {{"directive", file.directive->name},
                            {"place", where(*file.directive)},
                            {"file", file.path},
                            {"error", error.openssl}}));
  if (propose_other_password_file(local, file)) return;
  Fix fix = local.known("write-password-file");
  const std::string path = shell_word(file.path);
  fix.how = load_text("password.write", {{"file", file.path}});
  fix.commands = {"umask 077; cat > " + path + "   # type the pass phrase, end with Ctrl-D",
                  kReload};
  local.propose(std::move(fix));
}

}  // namespace handshaked::diagnose
