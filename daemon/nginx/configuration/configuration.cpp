#include "nginx/configuration/configuration.h"

#include <algorithm>

#include "nginx/configuration/configuration_reader.h"

namespace handshaked::nginx {

std::string_view Directive::argument(std::size_t index) const {
  return index < arguments.size() ? std::string_view(arguments[index].text) : std::string_view();
}

std::span<const Directive* const> Directive::find(std::string_view wanted) const {
  struct ByName {
    bool operator()(const Directive* directive, std::string_view text) const {
      return directive->name < text;
    }
    bool operator()(std::string_view text, const Directive* directive) const {
      return text < directive->name;
    }
  };
  const auto [first, last] = std::equal_range(by_name.begin(), by_name.end(), wanted, ByName{});
  return {first, last};
}

const Directive* Directive::find_first(std::string_view wanted) const {
  const auto found = find(wanted);
  return found.empty() ? nullptr : found.front();
}

std::string ConfigurationProblem::message() const {
  return line == 0 ? file + ": " + reason : file + ":" + std::to_string(line) + ": " + reason;
}

Result<Configuration> Configuration::load(const std::string& path, const ConfigurationFiles& files,
                                          const ConfigurationOptions& options) {
  return ConfigurationReader(files, options).read(path, options.prefix);
}

Result<Configuration> Configuration::load(const std::string& path,
                                          const ConfigurationOptions& options) {
  return load(path, DiskFiles(), options);
}

Result<Configuration> Configuration::from_dump(std::string_view dump,
                                               const ConfigurationOptions& options) {
  TRY(const ConfigurationDump parts, read_dump(dump));
  return load(parts.main_path, parts.files, options);
}

const SourceFile* Configuration::file(std::string_view path) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const auto& file) { return file->path == path; });
  return found == files_.end() ? nullptr : found->get();
}

std::string Configuration::full_path(std::string_view name, PathBase base) const {
  if (name.starts_with('/')) return std::string(name);
  return (base == PathBase::configuration ? configuration_prefix_ : prefix_) + std::string(name);
}

std::string_view raw_text(const Directive& directive, ByteSpan span) {
  const std::string_view text = directive.file->text;
  const std::size_t begin = std::min(span.begin, text.size());
  return text.substr(begin, std::max(span.end, begin) - begin);
}

const Directive* top_block(const Directive& directive) {
  const Directive* block = directive.parent;
  while (block != nullptr && block->parent != nullptr && block->parent->parent != nullptr)
    block = block->parent;
  return block != nullptr && block->parent != nullptr ? block : nullptr;
}

}  // namespace handshaked::nginx
