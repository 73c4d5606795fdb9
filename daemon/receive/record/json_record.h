#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Reads JSON objects and offers their strings and numbers to a FieldPicker. What the picker holds
/// is valid until the next read. Objects are entered only where a name leads into them. One a
/// thread.
class JsonRecordReader {
 public:
  JsonRecordReader();
  ~JsonRecordReader();

  /// Behind `json`, ByteWindow::kPadding bytes may be read. Fails with invalid_input for what is no
  /// JSON object.
  Result<> read(std::string_view json, FieldPicker& picker);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace handshaked::receive
