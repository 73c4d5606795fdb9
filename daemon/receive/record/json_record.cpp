#include "receive/record/json_record.h"

#include <simdjson.h>

#include <string>

#include "receive/record/byte_window.h"

namespace handshaked::receive {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kMaxPathBytes = 256;

simdjson::error_code pick_from(ondemand::object object, std::string& path, FieldPicker& picker) {
  const std::size_t outer = path.size();
  for (auto field : object) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    path.resize(outer);
    if (outer > 0) path += '.';
    path += key.substr(0, kMaxPathBytes);
    ondemand::value value;
    if (const auto error = field.value().get(value)) return error;
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::string) {
      std::string_view text;
      if (const auto error = value.get_string().get(text)) return error;
      picker.offer(path, text);
    } else if (type == ondemand::json_type::number) {
      picker.offer_number(path, value.raw_json_token());
    } else if (type == ondemand::json_type::object && picker.wants_inside(path)) {
      ondemand::object inner;
      if (const auto error = value.get_object().get(inner)) return error;
      if (const auto error = pick_from(inner, path, picker)) return error;
    }
  }
  path.resize(outer);
  return simdjson::SUCCESS;
}

}  // namespace

class JsonRecordReader::Parser {
 public:
  ondemand::parser parser;
  std::string path;
};

JsonRecordReader::JsonRecordReader() : parser_(std::make_unique<Parser>()) {}
JsonRecordReader::~JsonRecordReader() = default;

Result<> JsonRecordReader::read(std::string_view json, FieldPicker& picker) {
  static_assert(ByteWindow::kPadding >= simdjson::SIMDJSON_PADDING);
  picker.clear();
  parser_->path.clear();
  const auto bad = [](simdjson::error_code error) {
    return fail(ErrorCode::invalid_input,
                std::string("no JSON object: ") + simdjson::error_message(error));
  };
  ondemand::document document;
  if (const auto error =
          parser_->parser.iterate(json.data(), json.size(), json.size() + ByteWindow::kPadding)
              .get(document))
    return bad(error);
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return bad(error);
  if (const auto error = pick_from(object, parser_->path, picker)) return bad(error);
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS)
    return bad(simdjson::TRAILING_CONTENT);
  return success();
}

}  // namespace handshaked::receive
