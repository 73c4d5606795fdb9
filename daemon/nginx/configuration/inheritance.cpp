#include "nginx/configuration/inheritance.h"

#include <algorithm>

namespace handshaked::nginx {

std::vector<std::string_view> EffectiveValue::values() const {
  std::vector<std::string_view> words;
  for (const Directive* setter : set_by) {
    for (const Word& word : setter->arguments) words.push_back(word.text);
  }
  if (!set_by.empty()) return words;
  for (std::string_view rest = default_value.words; !rest.empty();) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, blank));
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  return words;
}

std::string_view EffectiveValue::first() const {
  if (!set_by.empty()) return set_by.front()->argument(0);
  return default_value.words.substr(0, default_value.words.find(' '));
}

const std::string& EffectiveValue::file() const {
  static const std::string kNoFile;
  return set_by.empty() ? kNoFile : set_by.front()->file->path;
}

std::span<const Directive* const> find_inherited(const Directive& block,
                                                 std::string_view directive) {
  for (const Directive* level = &block; level->parent != nullptr; level = level->parent) {
    if (const auto found = level->find(directive); !found.empty()) return found;
  }
  return {};
}

EffectiveValue effective_value(const Directive& block, Module module, UpstreamSetting setting,
                               NginxVersion version) {
  EffectiveValue value{
      directive_name(module, setting), {}, default_value(module, setting, version)};
  if (!value.directive.empty()) value.set_by = find_inherited(block, value.directive);
  return value;
}

EffectiveValue effective_value(const Directive& block, Module module, ListenerSetting setting,
                               NginxVersion version) {
  EffectiveValue value{
      directive_name(module, setting), {}, default_value(module, setting, version)};
  if (!value.directive.empty()) value.set_by = find_inherited(block, value.directive);
  return value;
}

const Directive* enclosing(const Directive& directive, std::string_view block_name) {
  for (const Directive* block = &directive; block != nullptr; block = block->parent) {
    if (block->name == block_name && block->has_block) return block;
  }
  return nullptr;
}

std::string describe_block(const Directive& block) {
  std::string text = block.name;
  for (const Word& word : block.arguments) text += " " + word.text;
  return text;
}

}  // namespace handshaked::nginx
