#include "cli/rules/rules_archive.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/document/text_file.h"
#include "cli/knowledge/rules_location.h"
#include "diagnose/certificates/der_text.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;
constexpr std::string_view kBlanks = " \t\r\n";

Error bad(std::string why) {
  return {ErrorCode::invalid_input, "this is not an archive of rules: " + std::move(why)};
}

bool is_file_name(std::string_view name) {
  return name.size() > 5 && name.size() <= 128 && name.ends_with(".json") && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '-' || letter == '_' || letter == '.';
         });
}

bool is_rules_path(std::string_view path) {
  for (const std::string_view folder : {"causes/", "schema/"}) {
    if (path.starts_with(folder)) return is_file_name(path.substr(folder.size()));
  }
  return is_file_name(path);
}

diagnose::KeyHandle key_from_text(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text = text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
  const auto der = diagnose::der_from_text(text);
  if (!der) return nullptr;
  const auto* read = reinterpret_cast<const unsigned char*>(der.value().data());
  return diagnose::KeyHandle(d2i_PUBKEY(nullptr, &read, static_cast<long>(der.value().size())));
}

}  // namespace

Result<std::string> archive_of_rules(const std::string& directory) {
  TRY(const std::string edition, read_edition(directory));
  std::vector<std::string> paths;
  for (const char* const folder : {"", "causes", "schema"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path(directory) / folder, error)) {
      const std::string path = fs::relative(entry.path(), directory, error).string();
      if (is_rules_path(path)) paths.push_back(path);
    }
    if (error)
      return fail(ErrorCode::io, (fs::path(directory) / folder).string() + ": " + error.message());
  }
  std::sort(paths.begin(), paths.end());
  std::string json;
  JsonWriter writer(json);
  writer.begin_object()
      .member("handshaked_rules", kFormat)
      .member("edition", edition)
      .key("files")
      .begin_object();
  for (const std::string& path : paths) {
    TRY(const std::string text, read_text_file((fs::path(directory) / path).string()));
    writer.key(path).value(text);
  }
  writer.end_object().end_object();
  return json + "\n";
}

Result<RulesArchive> read_rules_archive(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(json).get(root))
    return bad(std::string(simdjson::error_message(error)));
  std::int64_t format = 0;
  if (root["handshaked_rules"].get(format) != simdjson::SUCCESS)
    return bad("it lacks \"handshaked_rules\"");
  if (format != kFormat) {
    return fail(ErrorCode::invalid_input, "this archive of rules has the format " +
                                              std::to_string(format) +
                                              ", which this version of handshaked does not know");
  }
  RulesArchive archive;
  std::string_view text;
  if (root["edition"].get(text) != simdjson::SUCCESS || !is_edition(text))
    return bad("\"edition\" is not a date such as 2026-11-30");
  archive.edition = text;
  simdjson::dom::object files;
  if (root["files"].get(files) != simdjson::SUCCESS) return bad("it lacks \"files\"");
  for (const auto& [path, content] : files) {
    if (!is_rules_path(path))
      return bad("a file in it is called \"" + visible_text(std::string(path.substr(0, 80))) +
                 "\"");
    if (content.get(text) != simdjson::SUCCESS)
      return bad("the file " + std::string(path) + " is not text");
    archive.files.emplace_back(path, text);
  }
  if (archive.files.empty()) return bad("it holds no file");
  return archive;
}

Result<> check_rules_signature(std::string_view bytes, std::string_view signature,
                               const std::string& public_key) {
  const auto key = key_from_text(public_key);
  if (!key) {
    return fail(ErrorCode::invalid_configuration,
                "public_key in [rules] is not a public key: it is the line between BEGIN and END "
                "of what openssl pkey -pubout writes");
  }
  const int id = EVP_PKEY_get_base_id(key.get());
  const EVP_MD* const digest =
      id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
  const diagnose::OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool is_its =
      context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size()) == 1;
  if (!is_its)
    return fail(ErrorCode::permission_denied,
                "the signature was not made with the key of [rules] public_key, or the archive was "
                "changed");
  return success();
}

}  // namespace handshaked::cli
