// Any bytes as a line of nginx's start, and as a PEM file: what is taken from them stands in them,
// and a repair can be read.
#include "diagnose/case/load_error.h"
#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/certificates/pem_repair.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  const diagnose::LoadError error = diagnose::parse_load_error(text);
  for (const std::string& word : error.quoted)
    fuzz::promise(text.find(word) != std::string_view::npos, "a quoted word is one of the line");
  fuzz::promise(text.find(error.file) != std::string_view::npos, "the file is one of the line");
  if (const auto repair = diagnose::repair_pem(text)) {
    const auto bundle = diagnose::read_pem_bundle(repair->text);
    fuzz::promise(bundle && bundle.value().loads_as_trust(), "a repaired file can be read");
    fuzz::promise(!bundle.value().has_private_key(), "no key is written anew");
  }
  return 0;
}
