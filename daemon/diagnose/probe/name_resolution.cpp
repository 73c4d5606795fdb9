#include "diagnose/probe/name_resolution.h"

#include "base/json/json_writer.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/probe/child/child_process.h"

namespace handshaked::diagnose {

Result<std::vector<std::string>> resolve_name(const std::string& host,
                                              std::chrono::steady_clock::time_point deadline) {
  TRY(auto child, ChildProcess::start(ChildTask::resolve));
  std::string line;
  JsonWriter(line).begin_object().member("resolve", host).end_object();
  constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
  auto answer = child.exchange(line, deadline, kMaxAnswerBytes);
  if (!answer)
    return fail(answer.error().code() == ErrorCode::timeout
                    ? Error(ErrorCode::timeout, host + ": its name was not found in time")
                    : answer.error());
  TRY(const auto document, JsonDocument::parse(answer.value()));
  return document.root()["addresses"].strings();
}

}  // namespace handshaked::diagnose
