#include "store/database/packed_text.h"

#include <sqlite3.h>
#include <zstd.h>

#include <cstddef>
#include <memory>
#include <string>

namespace handshaked::store {
namespace {

constexpr std::size_t kShort = 512;
constexpr int kLevel =
    1;  // a quarter of an event's size; higher levels cost more time than the fifth that they save

struct FreeContexts {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

void pack(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContexts> compressor(ZSTD_createCCtx());
  thread_local std::string packed;
  const bool is_text = sqlite3_value_type(arguments[0]) == SQLITE_TEXT;
  const auto* const text = is_text ? sqlite3_value_text(arguments[0]) : nullptr;
  const auto size = static_cast<std::size_t>(is_text ? sqlite3_value_bytes(arguments[0]) : 0);
  if (text == nullptr || size < kShort || !compressor) {
    sqlite3_result_value(result, arguments[0]);
    return;
  }
  packed.resize(ZSTD_compressBound(size));
  const std::size_t length =
      ZSTD_compressCCtx(compressor.get(), packed.data(), packed.size(), text, size, kLevel);
  if (ZSTD_isError(length) != 0 || length >= size) sqlite3_result_value(result, arguments[0]);
  else sqlite3_result_blob64(result, packed.data(), length, SQLITE_TRANSIENT);
}

void unpack(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContexts> decompressor(ZSTD_createDCtx());
  thread_local std::string text;
  if (sqlite3_value_type(arguments[0]) != SQLITE_BLOB) {
    sqlite3_result_value(result, arguments[0]);
    return;
  }
  const void* const packed = sqlite3_value_blob(arguments[0]);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  const unsigned long long length =
      packed == nullptr ? ZSTD_CONTENTSIZE_ERROR : ZSTD_getFrameContentSize(packed, size);
  const bool is_known = length != ZSTD_CONTENTSIZE_ERROR && length != ZSTD_CONTENTSIZE_UNKNOWN &&
                        length <= kMostUnpacked;
  text.resize(is_known ? length : 0);
  const bool is_whole = is_known && decompressor &&
                        ZSTD_decompressDCtx(decompressor.get(), text.data(), text.size(), packed,
                                            size) == text.size();
  sqlite3_result_text64(result, text.data(), is_whole ? text.size() : 0, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

}  // namespace

int add_packing_functions(sqlite3* database) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  const int added = sqlite3_create_function_v2(database, "pack", 1, kFlags, nullptr, pack, nullptr,
                                               nullptr, nullptr);
  return added != SQLITE_OK ? added
                            : sqlite3_create_function_v2(database, "unpack", 1, kFlags, nullptr,
                                                         unpack, nullptr, nullptr, nullptr);
}

}  // namespace handshaked::store
